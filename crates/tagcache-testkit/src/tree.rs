//! What lies in a directory, for asserts.

use std::fs;
use std::io;
use std::path::Path;

/// The paths below `dir` of everything that is not a directory, relative to it, in order.
///
/// # Errors
/// When a directory cannot be read.
pub fn files(dir: impl AsRef<Path>) -> io::Result<Vec<String>> {
    list(dir.as_ref(), false)
}

/// The paths below `dir` of all directories, relative to it, in order.
///
/// # Errors
/// When a directory cannot be read.
pub fn folders(dir: impl AsRef<Path>) -> io::Result<Vec<String>> {
    list(dir.as_ref(), true)
}

fn list(dir: &Path, folders: bool) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    collect(dir, "", folders, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(dir: &Path, prefix: &str, folders: bool, found: &mut Vec<String>) -> io::Result<()> {
    for item in fs::read_dir(dir)? {
        let item = item?;
        let path = format!("{prefix}{}", item.file_name().to_string_lossy());
        let is_folder = item.file_type()?.is_dir();
        if is_folder {
            collect(&item.path(), &format!("{path}/"), folders, found)?;
        }
        if is_folder == folders {
            found.push(path);
        }
    }
    Ok(())
}
