#!/usr/bin/env bash
# Usage: step.sh TITLE COMMAND...: runs a command between two lines that name it and say how long it took.
set -euo pipefail
title=$1
shift
printf '\n==> %s\n' "$title"
begin=$SECONDS
status=0
"$@" || status=$?
if ((status)); then
    printf '==> %s: FAILED (exit %d) after %d s\n' "$title" "$status" $((SECONDS - begin)) >&2
    exit "$status"
fi
printf '==> %s: %d s\n' "$title" $((SECONDS - begin))
