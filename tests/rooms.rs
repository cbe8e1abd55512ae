//! Each thing is in its one place: what the architecture promises about files is checked by reading them.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The Rust files of the four crates, by their path from the root, without comments.
fn sources() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["itk-core", "itk-filters", "itk-io", "itk-py"].map(|name| root().join(name).join("src")).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                let text = fs::read_to_string(&path).unwrap();
                let code = text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>();
                files.push((name, code.join("\n")));
            }
        }
    }
    assert!(files.len() > 30, "{} files", files.len());
    files
}

/// Files whose code has `word` are exactly those under one of `rooms`.
#[track_caller]
fn only_in(word: &str, rooms: &[&str]) {
    let found: Vec<String> =
        sources().into_iter().filter(|(_, code)| code.contains(word)).map(|(name, _)| name).collect();
    for name in &found {
        assert!(rooms.iter().any(|room| name.starts_with(room)), "{name} names {word:?}; only {rooms:?} may");
    }
    for room in rooms {
        assert!(found.iter().any(|name| name.starts_with(room)), "{room} does not name {word:?} any more");
    }
}

#[test]
fn unsafe_code_is_where_it_is_allowed() {
    only_in(
        "unsafe {",
        &[
            "itk-core/src/buffer",
            "itk-core/src/simd/",
            "itk-filters/src/kernel/network/",
            "itk-filters/src/kernel/recursive/",
            "itk-filters/src/kernel/stencil/",
            "itk-py/src/convert.rs",
            "itk-py/src/thread_state.rs",
        ],
    );
}

#[test]
fn one_file_names_rayon() {
    only_in("rayon::", &["itk-core/src/pool.rs"]);
}

#[test]
fn one_folder_names_the_cpus_instructions() {
    only_in("arch::x86_64", &["itk-core/src/simd/"]);
    only_in("is_x86_feature_detected!", &["itk-core/src/simd/"]);
}

#[test]
fn one_file_names_numpy() {
    only_in("numpy::", &["itk-py/src/convert.rs"]);
}

#[test]
fn one_file_detaches() {
    only_in(".detach(", &["itk-py/src/kernel.rs"]);
}

#[test]
fn the_lower_crates_know_no_python() {
    only_in("pyo3", &["itk-py/src/"]);
}

#[test]
fn every_filter_has_its_naive_twin_test_bench_and_python_name() {
    let filters = root().join("itk-filters/src");
    let python = fs::read_to_string(root().join("itk-py/python/oxitk/_lazy_table.py")).unwrap();
    let mut count = 0;
    for family in ["smoothing", "gradient", "recursive"] {
        let benches = fs::read_to_string(root().join(format!("benches/{family}.rs"))).unwrap();
        for entry in fs::read_dir(filters.join(family)).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            // A folder has parts of the filter of that name.
            if stem == "mod" || path.is_dir() {
                continue;
            }
            count += 1;
            assert!(root().join(format!("tests/src/naive/{stem}.rs")).exists(), "{stem} has no naive twin");
            let mut tests = [family, &stem, "derivatives"]
                .map(|name| root().join(format!("tests/{name}.rs")))
                .into_iter();
            let calls = |file: PathBuf| {
                fs::read_to_string(file).is_ok_and(|text| text.contains(&format!("naive::{stem}")))
            };
            assert!(tests.any(calls), "no file of tests tests {stem}");
            assert!(benches.contains(&format!("\"{stem}\"")), "benches/{family}.rs does not measure {stem}");
            assert!(python.contains(&format!("\"{stem}\"")), "oxitk has no {stem}");
            let class: String = stem.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
            assert!(python.contains(&format!("\"{class}\"")), "oxitk has no {class}");
        }
    }
    assert_eq!(count, 9, "a new family of filters belongs in the list above");
}
