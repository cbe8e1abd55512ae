//! Tests that run again at every SIMD level.

use std::process::Command;

use itk_core::simd;

/// Runs these tests of the program that asks once more for each level, in a process of its own, as `OXITK_SIMD` is read once.
///
/// # Panics
/// When one of them fails or does not exist, or this machine has one level only.
pub fn run_at_every_level(tests: &[&str]) {
    assert!(simd::levels().len() >= 2, "only {:?}: this machine cannot compare levels", simd::levels());
    let program = std::env::current_exe().expect("a test is a program");
    for level in simd::levels() {
        let run = Command::new(&program).env("OXITK_SIMD", level.name()).arg("--exact").args(tests).output();
        let run = run.expect("this program runs");
        let text = String::from_utf8_lossy(&run.stdout);
        let passed = format!("{} passed", tests.len());
        assert!(run.status.success() && text.contains(&passed), "{level}: {text}");
    }
}
