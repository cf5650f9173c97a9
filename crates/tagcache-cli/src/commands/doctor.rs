//! `tagcache doctor`

use std::path::Path;

use serde::Serialize;
use tagcache::{Ability, Error};

use crate::args::{Cli, Report};
use crate::end::{DONE, Failure, MISS, Outcome};
use crate::out::{Out, tell};
use crate::{input, names, place};

#[derive(Serialize)]
struct Diagnosis {
    directory: String,
    fit: bool,
    answers: Vec<Answer>,
    #[serde(skip)]
    lines: Vec<String>,
}

#[derive(Serialize)]
struct Answer {
    capability: &'static str,
    ability: &'static str,
    consequence: String,
}

pub(super) fn doctor(cli: &Cli, args: &Report) -> Outcome {
    let root = place::root(cli)?;
    let nearest = input::nearest_directory(&root)
        .ok_or_else(|| Failure::new(format!("there is no directory above {}", root.display())))?;
    if nearest != root {
        let (root, nearest) = (root.display(), nearest.display());
        tell(format_args!("{root} is not there yet; this is the filesystem of {nearest}"));
    }
    let diagnosis = match tagcache::doctor(nearest) {
        Ok(diagnosis) => Diagnosis::of(nearest, &diagnosis),
        Err(Error::Io(error)) => Diagnosis::not_tried(nearest, &error),
        Err(error) => return Err(error.into()),
    };
    let mut out = Out::new();
    if args.json {
        out.json(&diagnosis)?;
    } else {
        diagnosis.lines.iter().try_for_each(|line| out.line(line))?;
    }
    out.finish()?;
    Ok(if diagnosis.fit { DONE } else { MISS })
}

impl Diagnosis {
    fn of(directory: &Path, diagnosis: &tagcache::Diagnosis) -> Self {
        let answer = |answer: &tagcache::Answer| Answer {
            capability: answer.capability.word(),
            ability: word(answer.ability),
            consequence: answer.consequence(),
        };
        Self {
            directory: directory.display().to_string(),
            fit: diagnosis.is_fit(),
            answers: diagnosis.answers.iter().map(answer).collect(),
            lines: diagnosis.answers.iter().map(tagcache::Answer::to_string).collect(),
        }
    }

    /// That nothing can be written is an answer, too, and then the only one.
    fn not_tried(directory: &Path, error: &tagcache::fs::Error) -> Self {
        let consequence = format!("no cache can be made, nor kept up: {error}");
        let line = format!("{:<24} NO  {}", WRITING, names::safe(&consequence));
        let answer = Answer { capability: WRITING, ability: "unfit", consequence };
        let directory = directory.display().to_string();
        Self { directory, fit: false, answers: vec![answer], lines: vec![line] }
    }
}

/// The capability that all others are tried with.
const WRITING: &str = "writing";

const fn word(ability: Ability) -> &'static str {
    match ability {
        Ability::Present => "present",
        Ability::Missing => "missing",
        Ability::Unfit(_) => "unfit",
        _ => "unknown",
    }
}
