#!/usr/bin/env bash
# Installs oxitk into .venv as a user would, and runs the main job on tests/data.
set -euo pipefail
cd "$(dirname "$0")/.."
IFS=$'\t' read -r version python <<<"$(tools/pythons.sh | tail -n 1)"
venv=.venv
echo "Python $version; the first build takes a few minutes"
"$venv/bin/python" -m pip --version >/dev/null 2>&1 || tools/step.sh "Make $venv" "$python" -m venv --clear "$venv"
tools/step.sh "Build and install oxitk" "$venv/bin/python" -m pip install --quiet --disable-pip-version-check .
echo
"$venv/bin/python" -W error demo/main_job.py tests/data demo-output
echo
echo "The same from the command line:"
show() {
    local word
    printf '$'
    for word; do
        [[ $word == *' '* ]] && word="\"$word\""
        printf ' %s' "$word"
    done
    echo
    "$@"
}
show "$venv/bin/oxitk" run "median(radius=1) | gradient_magnitude()" tests/data/HeadMRVolume.mha demo-output/head_edges_cli.mha
show "$venv/bin/oxitk" info demo-output/head_edges_cli.mha
show "$venv/bin/oxitk" preview demo-output/head_edges_cli.mha demo-output/head_edges.png
show cmp demo-output/head_edges.mha demo-output/head_edges_cli.mha
echo "the two files are equal"
