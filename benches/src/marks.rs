//! Pages of which a part is written by a program.

/// What stands before and after a part.
pub type Marks = [&'static str; 2];

/// Puts a part between its marks, or at the end of a text that has none.
///
/// # Errors
/// When the first mark is there and the second is not: half a part is nobody's to overwrite.
pub fn insert(text: &str, [begin, end]: Marks, part: &str) -> Result<String, String> {
    let ours = format!("{begin}\n\n{}\n\n{end}", part.trim());
    let Some(from) = text.find(begin) else { return Ok(format!("{}\n\n{ours}\n", text.trim_end())) };
    let len = text[from..].find(end).ok_or_else(|| format!("`{begin}` is there, and `{end}` is not"))?;
    let to = from + len + end.len();
    Ok([&text[..from], &ours, &text[to..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: Marks = ["<!-- from here -->", "<!-- to here -->"];

    #[test]
    fn a_part_takes_the_place_of_the_one_before_and_of_nothing_else() {
        let first = insert("# Benchmarks\n", MARKS, "one").expect("no marks yet");
        let more = format!("{first}\nmore\n");
        let second = insert(&more, MARKS, "two").expect("both marks");
        assert_eq!(second, more.replace("one", "two"));
        assert!(insert(MARKS[0], MARKS, "one").is_err(), "half a page is nobody's to overwrite");
    }
}
