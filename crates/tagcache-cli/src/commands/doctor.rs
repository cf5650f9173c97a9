//! `tagcache doctor`

use std::path::Path;

use serde::Serialize;
use tagcache::{Ability, Error};

use super::refusal;
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
        let what = if input::no_directory(&root).is_some() { "is no directory" } else { "is not there yet" };
        let (root, nearest) = (root.display(), nearest.display());
        tell(format_args!("{root} {what}; this is the filesystem of {nearest}"));
    }
    let mut diagnosis = match tagcache::doctor(nearest) {
        Ok(diagnosis) => Diagnosis::of(nearest, &diagnosis),
        Err(Error::Io(error)) => Diagnosis::not_tried(nearest, &error),
        Err(error) => return Err(error.into()),
    };
    if let Some(why) = refusal::of(&root) {
        diagnosis.refuse(PLACE, format!("a cache is refused here: {why}"));
    }
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

    /// That nothing can be written is an answer, too, and then the only one about the filesystem.
    fn not_tried(directory: &Path, error: &tagcache::fs::Error) -> Self {
        let directory = directory.display().to_string();
        let mut diagnosis = Self { directory, fit: false, answers: Vec::new(), lines: Vec::new() };
        diagnosis.refuse(WRITING, format!("no cache can be made, nor kept up: {error}"));
        diagnosis
    }

    fn refuse(&mut self, capability: &'static str, consequence: String) {
        self.fit = false;
        self.lines.push(format!("{capability:<24} NO  {}", names::safe(&consequence)));
        self.answers.push(Answer { capability, ability: "unfit", consequence });
    }
}

/// The capability that all others are tried with.
const WRITING: &str = "writing";

/// The directory itself, which is asked about only where it is refused.
const PLACE: &str = "place";

const fn word(ability: Ability) -> &'static str {
    match ability {
        Ability::Present => "present",
        Ability::Missing => "missing",
        Ability::Unfit(_) => "unfit",
        _ => "unknown",
    }
}
