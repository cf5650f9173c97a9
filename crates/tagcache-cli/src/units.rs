//! Times and sizes as people write them: `7d`, `1h30m`, `500ms`; `1GiB`, `500MB`, `4096`.

use std::time::Duration;

/// The words of the attribute `#[cached]`, too.
const TIMES: [(&str, u64); 6] =
    [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)];

const TIMES_ARE: &str = "the units are ms, s, m, h, d and w, as in 7d or 1h30m";

const SIZES: [(&str, u64); 10] = [
    ("", 1),
    ("B", 1),
    ("kB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

const SIZES_ARE: &str =
    "the units are B, kB, MB, GB, TB, KiB, MiB, GiB and TiB, as in 1GiB; a number alone is bytes";

/// One or more numbers with a unit, which are added up.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let mut millis = 0u64;
    let mut rest = text;
    if rest.is_empty() {
        return Err(format!("a time needs a number and a unit; {TIMES_ARE}"));
    }
    while !rest.is_empty() {
        let (number, unit, left) = part(rest);
        rest = left;
        if unit.starts_with('.') {
            return Err(String::from("a time is made of whole numbers: 1h30m for an hour and a half"));
        }
        let number = whole(number).ok_or_else(|| format!("`{text}` is no time; {TIMES_ARE}"))?;
        let one = match TIMES.iter().find(|(known, _)| *known == unit) {
            Some((_, one)) => *one,
            None if unit.is_empty() => return Err(format!("a time needs a unit; {TIMES_ARE}")),
            None => return Err(format!("`{unit}` is no unit of time; {TIMES_ARE}")),
        };
        millis = number
            .and_then(|number| number.checked_mul(one))
            .and_then(|more| millis.checked_add(more))
            .ok_or_else(|| String::from("no time is that long; leave it out for what never expires"))?;
    }
    Ok(Duration::from_millis(millis))
}

/// A number of bytes, with a unit or without.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let (number, unit, rest) = part(text);
    if unit.starts_with('.') {
        return Err(String::from("a size is a whole number: 1536MiB for a GiB and a half"));
    }
    let number = whole(number).ok_or_else(|| format!("`{text}` is no size; {SIZES_ARE}"))?;
    let Some((_, one)) = SIZES.iter().find(|(known, _)| *known == unit && rest.is_empty()) else {
        return Err(format!("`{unit}{rest}` is no unit of size; {SIZES_ARE}"));
    };
    number.and_then(|number| number.checked_mul(*one)).ok_or_else(|| String::from("no size is that large"))
}

/// Digits, what follows them up to the next digit, and the rest.
fn part(text: &str) -> (&str, &str, &str) {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    let unit = rest.find(|letter: char| letter.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit);
    (number, unit, rest)
}

/// `None` for no digits at all, and inside for more than there is room for.
fn whole(digits: &str) -> Option<Option<u64>> {
    (!digits.is_empty()).then(|| digits.parse().ok())
}

/// A size for people: three digits, and a unit.
pub(crate) fn shown(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let (mut tenths, mut unit) = (u128::from(bytes) * 10 / 1024, 0);
    while tenths >= 10_240 {
        tenths /= 1024;
        unit += 1;
    }
    if tenths < 1000 {
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    } else {
        format!("{} {}", tenths / 10, UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_time_are_added_up() {
        let millis = |text| duration(text).map(|time| time.as_millis());
        for (text, expected) in
            [("500ms", 500), ("90s", 90_000), ("1h30m", 5_400_000), ("7d", 604_800_000), ("1w", 604_800_000)]
        {
            assert_eq!(millis(text), Ok(expected), "{text}");
        }
        assert_eq!(millis("0s"), Ok(0));
    }

    #[test]
    fn what_is_no_time_says_what_to_write() {
        for (wrong, word) in [
            ("", "needs a number"),
            ("7", "needs a unit"),
            ("1h30", "needs a unit"),
            ("7y", "`y` is no unit"),
            ("1.5h", "1h30m"),
            ("-1h", "is no time"),
            ("h", "is no time"),
            ("1h 30m", "`h ` is no unit"),
            ("99999999999999999999s", "that long"),
            ("18446744073709551615d", "that long"),
        ] {
            let problem = duration(wrong).unwrap_err();
            assert!(problem.contains(word), "{wrong}: {problem}");
        }
    }

    #[test]
    fn sizes_are_in_thousands_or_in_powers_of_two() {
        for (text, expected) in [("0", 0), ("4096", 4096), ("1kB", 1000), ("1KiB", 1024), ("1GiB", 1 << 30)] {
            assert_eq!(size(text), Ok(expected), "{text}");
        }
        for (wrong, word) in [
            ("", "is no size"),
            ("GiB", "is no size"),
            ("1gb", "`gb` is no unit"),
            ("1GiB2", "`GiB2` is no unit"),
            ("1.5GiB", "1536MiB"),
            ("99999999TiB", "that large"),
        ] {
            let problem = size(wrong).unwrap_err();
            assert!(problem.contains(word), "{wrong}: {problem}");
        }
    }

    #[test]
    fn a_size_for_people_has_three_digits_and_a_unit() {
        for (bytes, expected) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (104_857_600, "100 MiB"),
            (u64::MAX, "15.9 EiB"),
        ] {
            assert_eq!(shown(bytes), expected);
        }
    }
}
