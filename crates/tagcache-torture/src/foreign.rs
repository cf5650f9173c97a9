//! A program that knows nothing of the cache and adds hard links to its files, as backups and deduplicators do.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::author::give_up;
use crate::place::Place;
use crate::random::Random;
use crate::worker::end_with_supervisor;

/// How many links it keeps at a time.
const KEPT: usize = 40;

/// Links and unlinks until the process is killed.
pub fn link(place: &Place, seed: u64) -> ! {
    end_with_supervisor();
    let mut random = Random::new(seed);
    let mut kept: Vec<PathBuf> = Vec::new();
    let made = fs::create_dir_all(place.backup());
    made.unwrap_or_else(|error| give_up("the backup", &error));
    loop {
        let mut files = Vec::new();
        collect(&place.cache(), &mut files);
        for file in files {
            let copy = place.backup().join(format!("{:016x}", random.number()));
            // Whatever it met may be gone by now.
            if random.once_in(3) && fs::hard_link(file, &copy).is_ok() {
                kept.push(copy);
            }
        }
        while kept.len() > KEPT {
            let index = usize::try_from(random.below(kept.len() as u64)).unwrap_or(0);
            let _ = fs::remove_file(kept.swap_remove(index));
        }
        thread::sleep(Duration::from_micros(random.below(4000)));
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => collect(&entry.path(), files),
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
}
