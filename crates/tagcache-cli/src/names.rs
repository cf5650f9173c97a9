//! Keys and tags: any bytes, given and shown so that no two of them look the same.
//!
//! Shown, what can be printed stands for itself, a backslash is `\\`, newline and tab are `\n` and `\t`, and every other
//! byte is `\xHH`. With `--escaped` names are read in the same form; without it they are the bytes of the argument.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;

use serde::Serialize;

use crate::end::Failure;

/// The bytes that an argument means.
pub(crate) fn given(argument: &OsStr, escaped: bool) -> Result<Vec<u8>, Failure> {
    if escaped { unescape(argument.as_bytes()) } else { Ok(argument.as_bytes().to_vec()) }
}

pub(crate) fn all_given(arguments: &[OsString], escaped: bool) -> Result<Vec<Vec<u8>>, Failure> {
    arguments.iter().map(|argument| given(argument, escaped)).collect()
}

/// On one line, and unlike any other name.
pub(crate) fn shown(bytes: &[u8]) -> String {
    escape(bytes, |_| false)
}

/// The same in a list that is separated by commas.
pub(crate) fn shown_in_list(bytes: &[u8]) -> String {
    escape(bytes, |letter| matches!(letter, ',' | ' '))
}

fn escape(bytes: &[u8], hides: impl Fn(char) -> bool) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                _ if is_printed(letter) && !hides(letter) => text.push(letter),
                _ => push_hex(&mut text, letter.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        push_hex(&mut text, chunk.invalid());
    }
    text
}

/// A message on one line, with nothing in it that a terminal obeys: paths and commands stand in messages as they are. It is
/// for reading only, and no name is given by it.
pub(crate) fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            _ if is_printed(letter) => safe.push(letter),
            _ => push_hex(&mut safe, letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    safe
}

/// Whether a terminal shows it as itself, and does not obey it or join it to its neighbour.
pub(crate) fn is_printed(letter: char) -> bool {
    matches!(letter, '\'' | '"' | '\\') || letter.escape_debug().len() == 1
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(text, "\\x{byte:02x}");
    }
}

fn unescape(text: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let meant = match rest.next() {
            Some(b'\\') => Some(b'\\'),
            Some(b'n') => Some(b'\n'),
            Some(b't') => Some(b'\t'),
            Some(b'x') => hex_byte(rest.next(), rest.next()),
            _ => None,
        };
        bytes.push(meant.ok_or_else(|| {
            Failure::new(format!(
                "`{}` is no escaped name: after a backslash comes n, t, another backslash, or x and two hex digits",
                shown(text).replace("\\\\", "\\")
            ))
        })?);
    }
    Ok(bytes)
}

fn hex_byte(high: Option<u8>, low: Option<u8>) -> Option<u8> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A name in JSON, whose strings hold no bytes but UTF-8.
#[derive(Debug, Serialize)]
pub(crate) struct Name {
    text: Option<String>,
    hex: String,
}

impl From<&[u8]> for Name {
    fn from(bytes: &[u8]) -> Self {
        Self { text: std::str::from_utf8(bytes).ok().map(str::to_owned), hex: hex(bytes) }
    }
}

pub(crate) fn list(names: &[Vec<u8>]) -> Vec<Name> {
    names.iter().map(|name| Name::from(&name[..])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_shown_so_that_it_can_be_given() {
        let all: Vec<u8> = (0..=255).collect();
        let text = shown(&all);
        assert!(text.chars().all(is_printed), "{text}");
        assert_eq!(unescape(text.as_bytes()).ok(), Some(all.clone()));
        assert_eq!(unescape(shown_in_list(&all).as_bytes()).ok(), Some(all));
    }

    #[test]
    fn what_can_be_printed_stands_for_itself_and_what_a_terminal_obeys_does_not() {
        assert_eq!(shown("post/7 – «déjà»".as_bytes()), "post/7 – «déjà»");
        assert_eq!(shown(b"a\\x41"), "a\\\\x41", "it is not the letter A");
        assert_eq!(shown("\u{1b}[2J\u{202e}\u{7f}".as_bytes()), "\\x1b[2J\\xe2\\x80\\xae\\x7f");
        assert_eq!(shown_in_list(b"a, b"), "a\\x2c\\x20b");
    }

    #[test]
    fn a_wrong_escape_is_refused() {
        for wrong in ["\\", "\\q", "\\x", "\\x4", "\\xg0"] {
            assert!(unescape(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
