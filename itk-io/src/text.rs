//! Numbers as text, the way C prints and reads them.

/// C's `%.17g`: as many digits as bring back every `f64` exactly.
pub(crate) fn g17(value: f64) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.into();
    }
    let scientific = format!("{value:.16e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..17).contains(&exponent) {
        let places = usize::try_from(16 - exponent).unwrap_or(0);
        return trimmed(&format!("{value:.places$}")).to_owned();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trimmed(digits), exponent.unsigned_abs())
}

fn trimmed(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

/// [`g17`] of each value with a separator between them.
pub(crate) fn join(values: impl IntoIterator<Item = f64>, separator: &str) -> String {
    values.into_iter().map(g17).collect::<Vec<_>>().join(separator)
}

/// A whole number; `3.0` is one too, as both formats have been written with such sizes.
pub(crate) fn whole(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| {
        let value: f64 = text.parse().ok()?;
        (value.fract() == 0.0 && value.abs() < 9e15).then_some(value as i64)
    })
}

/// The name that a `printf` pattern with one `%d` gives for a number; `None` when it is no such pattern.
pub(crate) fn numbered(pattern: &str, number: i64) -> Option<String> {
    let (before, rest) = pattern.split_once('%')?;
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    let (width, conversion) = rest.split_at(end);
    let after = conversion.strip_prefix(['d', 'i', 'u'])?;
    if after.contains('%') || width.len() > 3 {
        return None;
    }
    let columns = width.parse().unwrap_or(0);
    let number =
        if width.starts_with('0') { format!("{number:0columns$}") } else { format!("{number:columns$}") };
    Some(format!("{before}{number}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_as_c_prints_them() {
        for (value, text) in [
            (10.1, "10.1"),
            (-20.2, "-20.199999999999999"),
            (1e-7, "9.9999999999999995e-08"),
            (1e16, "10000000000000000"),
            (1e17, "1e+17"),
            (5e-324, "4.9406564584124654e-324"),
            (123456789012345678.0, "1.2345678901234568e+17"),
            (0.0001, "0.0001"),
            (0.00001, "1.0000000000000001e-05"),
            (-0.0, "-0"),
            (100000.5, "100000.5"),
            (1e23, "9.9999999999999992e+22"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(g17(value), text);
        }
    }

    #[test]
    fn patterns_are_numbered_as_printf_does() {
        assert_eq!(numbered("s%02d.raw", 7).as_deref(), Some("s07.raw"));
        assert_eq!(numbered("s%d.raw", -7).as_deref(), Some("s-7.raw"));
        assert_eq!(numbered("%3d", 7).as_deref(), Some("  7"));
        assert_eq!(
            [numbered("s.raw", 1), numbered("100%", 1), numbered("%s", 1), numbered("%d%d", 1)],
            [None, None, None, None]
        );
        assert_eq!(numbered("%9999d", 1), None, "no name has so many digits");
    }

    #[test]
    fn sizes_may_be_written_as_floats() {
        assert_eq!(
            [whole("3"), whole("-3"), whole("3.0"), whole("3.5"), whole("x"), whole("1e300")],
            [Some(3), Some(-3), Some(3), None, None, None]
        );
    }
}
