//! Which run is the same: the key of a command line, and of what else its output depends on.
//!
//! A key is a line of words as a shell would read them: `run --cwd /src --file Cargo.lock sha256:… -- cargo tree`. It says
//! what it is in every listing, and two runs that differ in anything that was asked for have two. What a variable or a file
//! holds stands in it as a digest: it may be long, or a secret.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use tagcache::fs::name::MAX_NAME_BYTES;

use crate::args::Run;
use crate::end::Failure;
use crate::{input, names};

pub(super) fn of(args: &Run, escaped: bool) -> Result<Vec<u8>, Failure> {
    let own = args.key.as_deref().map(|key| names::given(key, escaped)).transpose()?;
    let mut words: Vec<Vec<u8>> = Vec::new();
    if args.cwd {
        let dir = std::env::current_dir().map_err(|error| Failure::about("the current directory", &error))?;
        words.extend([b"--cwd".to_vec(), dir.as_os_str().as_bytes().to_vec()]);
    }
    for name in sorted(&args.envs) {
        words.extend([b"--env".to_vec(), variable(name)?]);
    }
    for path in sorted(&args.files) {
        words.extend([b"--file".to_vec(), path.as_os_str().as_bytes().to_vec(), digest_of_file(path)?]);
    }
    match own {
        // As it is, so that other commands find it under that name.
        Some(key) if words.is_empty() => Ok(key),
        Some(key) => Ok(line(&[b"run".to_vec(), b"--key".to_vec(), key], &words, &[])),
        None => Ok(line(&[b"run".to_vec()], &words, &args.command)),
    }
}

/// Each once, in an order that does not depend on how they were given.
fn sorted<T: Ord>(given: &[T]) -> Vec<&T> {
    let mut sorted: Vec<_> = given.iter().collect();
    sorted.sort();
    sorted.dedup();
    sorted
}

/// A variable that is not set is not the same as one that is empty. A value that is given by mistake would be in the key,
/// and in every listing; it is not in the error either.
fn variable(name: &OsString) -> Result<Vec<u8>, Failure> {
    let mut word = name.as_bytes().to_vec();
    let name_len = word.iter().position(|byte| *byte == b'=');
    if word.is_empty() || name_len.is_some() {
        word.truncate(name_len.unwrap_or_default());
        let name = String::from_utf8_lossy(&word);
        let example = if name.is_empty() { String::new() } else { format!(" (--env {name})") };
        return Err(Failure::new(format!(
            "--env takes only the name of a variable{example}; its value is read from the environment"
        )));
    }
    if let Some(value) = std::env::var_os(name) {
        word.push(b'=');
        word.extend(digest(Sha256::digest(value.as_bytes()).as_slice()));
    }
    Ok(word)
}

fn digest_of_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let hash = || -> io::Result<Sha256> {
        let mut file = input::open(path)?;
        let (mut hash, mut piece) = (Sha256::new(), vec![0; 64 << 10]);
        loop {
            match file.read(&mut piece) {
                Ok(0) => return Ok(hash),
                Ok(len) => hash.update(piece.get(..len).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    };
    let hash = hash().map_err(|error| Failure::about(&format!("cannot read {}", path.display()), &error))?;
    Ok(digest(hash.finalize().as_slice()))
}

fn digest(bytes: &[u8]) -> Vec<u8> {
    format!("sha256:{}", names::hex(bytes)).into_bytes()
}

/// All words in one line; where that is longer than a key may be, a digest of it.
fn line(first: &[Vec<u8>], depends: &[Vec<u8>], command: &[OsString]) -> Vec<u8> {
    let mut key = Vec::new();
    first.iter().chain(depends).for_each(|word| push(&mut key, word));
    if !command.is_empty() {
        push(&mut key, b"--");
        command.iter().for_each(|word| push(&mut key, word.as_bytes()));
    }
    if key.len() <= MAX_NAME_BYTES {
        return key;
    }
    let hash = digest(Sha256::digest(&key).as_slice());
    [b"run --digest ", &hash[..]].concat()
}

/// One word, quoted where a shell would not read it as itself.
fn push(line: &mut Vec<u8>, word: &[u8]) {
    if !line.is_empty() {
        line.push(b' ');
    }
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"%+,-./:=@_".contains(byte);
    if !word.is_empty() && word.iter().all(is_plain) {
        line.extend(word);
        return;
    }
    line.push(b'\'');
    for byte in word {
        match byte {
            b'\'' => line.extend(b"'\\''"),
            byte => line.push(*byte),
        }
    }
    line.push(b'\'');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(words: &[&str]) -> String {
        let command: Vec<_> = words.iter().map(OsString::from).collect();
        String::from_utf8(line(&[b"run".to_vec()], &[], &command)).unwrap()
    }

    #[test]
    fn a_key_reads_like_the_command_line() {
        assert_eq!(key_of(&["git", "ls-remote", "origin"]), "run -- git ls-remote origin");
        assert_eq!(key_of(&["sh", "-c", "echo it's", ""]), "run -- sh -c 'echo it'\\''s' ''");
    }

    #[test]
    fn no_two_command_lines_have_one_key() {
        let lines: [&[&str]; 8] = [
            &["a", "b"],
            &["a b"],
            &["a", "'b'"],
            &["a", "b", ""],
            &["a' 'b"],
            &["--", "a", "b"],
            &["a", "--", "b"],
            &["a\\", "b"],
        ];
        let keys: std::collections::BTreeSet<_> = lines.iter().map(|words| key_of(words)).collect();
        assert_eq!(keys.len(), lines.len(), "{keys:?}");
    }

    #[test]
    fn a_command_line_that_is_longer_than_a_key_may_be_has_a_digest() {
        let (long, longer) = ("x".repeat(5000), "x".repeat(5001));
        assert!(key_of(&[&long]).starts_with("run --digest sha256:"));
        assert_ne!(key_of(&[&long]), key_of(&[&longer]));
    }
}
