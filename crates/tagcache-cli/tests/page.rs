//! What `docs/CLI.md` shows is what happens.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::process::{Command, Stdio};

use common::Place;

/// The commands in the blocks of a page, and what stands below each.
fn shown(page: &str) -> Vec<(String, String)> {
    let mut steps: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match (inside, line) {
            (false, "```console") => inside = true,
            (true, "```") => inside = false,
            (true, line) => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push((command.to_owned(), String::new())),
                (None, Some((_, output))) => {
                    output.push_str(line);
                    output.push('\n');
                }
                (None, None) => panic!("a block begins with a command: {line}"),
            },
            _ => {}
        }
    }
    steps
}

#[test]
fn every_command_of_the_page_writes_what_stands_below_it() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/CLI.md")).unwrap();
    let steps = shown(&page);
    assert!(steps.len() >= 25, "the page shows {} commands", steps.len());
    let place = Place::new();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_tagcache"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    for (command, expected) in steps {
        let shell = Command::new("sh")
            .args(["-c", &command])
            .current_dir(place.path(""))
            .env("TAGCACHE_ROOT", place.root())
            .env("PATH", &path)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&shell.stdout), expected, "$ {command}");
        assert_eq!(String::from_utf8_lossy(&shell.stderr), "", "$ {command}");
    }
}

#[test]
fn every_help_tells_the_exit_statuses_and_where_the_form_of_json_is() {
    let place = Place::new();
    for command in tagcache_cli::command().get_subcommands() {
        let name = command.get_name();
        let help = place.run([name, "--help"]).quietly(0).out;
        assert!(help.contains("Exit status: "), "{name}: {help}");
        let has_schema =
            std::fs::exists(format!("{}/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert_eq!(help.contains("schemas/COMMAND.json"), has_schema, "{name}: {help}");
    }
    let run = place.line("run --help").quietly(0).out;
    assert!(["125", "126", "127", "128"].iter().all(|status| run.contains(status)), "{run}");
}

#[test]
fn every_command_and_every_exit_status_is_on_the_page() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/CLI.md")).unwrap();
    for command in tagcache_cli::command().get_subcommands() {
        let name = command.get_name();
        let is_told = ["`", "tagcache "]
            .iter()
            .any(|before| ["`", " "].iter().any(|after| page.contains(&format!("{before}{name}{after}"))));
        assert!(is_told, "{name}");
    }
    for status in ["| 0 |", "| 1 |", "| 2 |", "125", "126", "127", "128"] {
        assert!(page.contains(status), "{status}");
    }
}
