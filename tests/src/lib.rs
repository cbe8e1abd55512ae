//! What the tests share: naive twins, which are the specification, and makers of test images.

pub mod cases;
pub mod naive;
