//! The cache directory as it lies on disk: the tree is the index, so it is worth a look.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Prints every folder and file, files with their inode, link count and expiry.
pub(crate) fn print(root: &Path) -> io::Result<()> {
    println!("{}", root.display());
    print_below(root, 1)
}

fn print_below(folder: &Path, depth: usize) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (name, meta) = (entry.file_name(), entry.metadata()?);
        let indent = "    ".repeat(depth);
        if meta.is_dir() {
            println!("{indent}{}/", name.to_string_lossy());
            print_below(&entry.path(), depth + 1)?;
        } else if depth > 1 {
            let (inode, links) = (meta.ino(), meta.nlink());
            println!("{indent}{}    inode {inode}, {links} links, {}", name.to_string_lossy(), expiry(&meta));
        } else {
            println!("{indent}{}", name.to_string_lossy());
        }
    }
    Ok(())
}

fn expiry(meta: &fs::Metadata) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    match u64::try_from(meta.mtime()).ok().and_then(|mtime| mtime.checked_sub(now)) {
        None => "expired".into(),
        Some(left) if left > 100 * 365 * 86_400 => "never expires".into(),
        Some(left) => format!("fresh for {:.1} days", left as f64 / 86_400.0),
    }
}
