//! The processes of the workload.

use std::env;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use tagcache::{Durability, Layout};
use tagcache_images::Halt;

use crate::args;
use crate::chance::Chance;
use crate::power::Break;
use crate::record::Recorder;
use crate::workload::{Orders, work};

/// The first argument of a process that works.
pub const WORKER: &str = "worker";

/// The processes that work in one root. Dropped, they are killed.
#[derive(Debug)]
pub(crate) struct Crew(Vec<Child>);

/// What all of them are told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shift<'a> {
    pub(crate) root: &'a Path,
    pub(crate) record: &'a Path,
    pub(crate) boot: u64,
    pub(crate) durability: Durability,
    pub(crate) layout: Layout,
    pub(crate) broken: Option<Break>,
    pub(crate) processes: u32,
}

impl Crew {
    /// Starts the program that runs, as often as was asked for.
    pub(crate) fn start(shift: &Shift<'_>, chance: &mut Chance) -> Result<Self, Halt> {
        let program = env::current_exe().map_err(Halt::at("find", Path::new("/proc/self/exe")))?;
        let mut crew = Self(Vec::new());
        for number in 0..shift.processes {
            // Each boot has its own numbers, since a number and a step name one call of the whole record.
            let writer = u64::from(shift.processes) * shift.boot + u64::from(number);
            let child = Command::new(&program)
                .arg(WORKER)
                .args([shift.root, shift.record])
                .args([writer, chance.bits(), shift.boot].map(|number| number.to_string()))
                .args([shift.durability.to_string(), shift.layout.to_string()])
                .arg(shift.broken.map_or("", Break::name))
                .stdin(Stdio::piped())
                // Whoever works on a filesystem that died may complain; it is heard only if nothing died.
                .stderr(Stdio::piped())
                .spawn()
                .map_err(Halt::at("start", &program))?;
            crew.0.push(child);
        }
        Ok(crew)
    }

    /// Kills them all, wherever they are.
    pub(crate) fn kill(mut self) -> Result<(), Halt> {
        let mut outcome = Ok(());
        for child in &mut self.0 {
            if let Ok(Some(status)) = child.try_wait() {
                let mut said = String::new();
                // What cannot be read was not said.
                let _ = child.stderr.take().map(|mut pipe| pipe.read_to_string(&mut said));
                let said = said.trim();
                outcome =
                    Err(Halt::Fail(format!("a process of the workload ended by itself: {status}: {said}")));
            }
        }
        drop(self);
        outcome
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // One that ended already cannot be killed.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A process of the workload, with the arguments behind [`WORKER`]. It works until it is killed.
///
/// # Errors
/// When the arguments are none of ours, the root cannot be opened, or the record cannot be written.
pub fn worker(args: &[String]) -> Result<(), String> {
    let [root, record, writer, seed, boot, durability, layout, broken] = args else {
        return Err("a worker is started by the program itself".into());
    };
    let number = |text: &String| text.parse::<u64>().map_err(|error| format!("{text}: {error}"));
    let orders = Orders {
        writer: u32::try_from(number(writer)?).map_err(|error| error.to_string())?,
        seed: number(seed)?,
        boot: number(boot)?,
        durability: args::durability(durability)?,
        layout: args::layout(layout)?,
        broken: if broken.is_empty() { None } else { Some(args::broken(broken)?) },
        deeds: None,
    };
    let recorder = Recorder::open(Path::new(record)).map_err(|error| format!("{record}: {error}"))?;
    // The pipe from the program that started us ends with it, however it ends.
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    work(Path::new(root), &recorder, &orders)
}
