//! Writes the man pages, the completions and the schemas of the program into a directory: `cargo xtask dist` runs it.

#![allow(clippy::print_stderr)]

use std::fs;
use std::io;
use std::path::Path;

use clap_complete::Shell;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::args_os().nth(1).ok_or("name the directory to write into")?;
    let dir = Path::new(&dir);
    let (man, completions, schemas) = (dir.join("man"), dir.join("completions"), dir.join("schemas"));
    for dir in [&man, &completions, &schemas] {
        fs::create_dir_all(dir)?;
    }
    clap_mangen::generate_to(tagcache_cli::command(), &man)?;
    for shell in [Shell::Bash, Shell::Elvish, Shell::Fish, Shell::PowerShell, Shell::Zsh] {
        clap_complete::generate_to(shell, &mut tagcache_cli::command(), "tagcache", &completions)?;
    }
    for schema in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas"))? {
        let schema = schema?;
        fs::copy(schema.path(), schemas.join(schema.file_name()))?;
    }
    for dir in [man, completions, schemas] {
        let names = fs::read_dir(&dir)?.collect::<io::Result<Vec<_>>>()?;
        eprintln!("{}: {} files", dir.display(), names.len());
    }
    Ok(())
}
