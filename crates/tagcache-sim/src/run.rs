//! One run: a plan, its choices, and what came of it.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tagcache_fs::{Sys, Time};

use crate::body::Body;
use crate::choice::{About, Choices, Made, Replay};
use crate::crew::{Crew, Job, LAST, MAX_PROCESSES, Stop};
use crate::explore::Visited;
use crate::fs::Disk;
use crate::oracle::{Oracle, Violation};
use crate::plan::Plan;
use crate::program::{Actor, Op, Role, Slip};
use crate::sim::Sim;
use crate::world::{Budget, ROOT, World};

/// The process that prepares a run and looks through what is left of it.
const KEEPER: u8 = LAST;
/// Between what was done before and the run.
const A_WHILE: Duration = Duration::from_secs(10);
/// A value of no process.
const STRANGER: u8 = 127;
const MORNING: Time = Time::from_nanos(1_800_000_000_000_000_000);

/// A plan with its disk made ready, to be run any number of times.
#[derive(Clone, Debug)]
pub struct Stage {
    plan: Plan,
    disk: Disk,
    oracle: Oracle,
    /// States in which runs ended, and which were found in order: the same end need not be looked through again.
    ends: Arc<Mutex<HashSet<u128>>>,
}

/// So many ends are remembered: some hundred megabytes at most.
const MAX_ENDS: usize = 4_000_000;

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The first invariant that was broken.
    pub violation: Option<Violation>,
    /// Every choice that was made.
    pub made: Vec<Made>,
    /// Simulated calls, with those that open the roots and look through what is left.
    pub steps: u64,
    /// Those of the processes, before each of which another one could have run.
    pub interleaved: u64,
    /// Power cuts.
    pub cuts: u32,
    /// What happened, call by call, if it was asked for.
    pub story: Vec<String>,
    pub(crate) visited: Option<Visited>,
}

/// A broken invariant with everything that is needed to see it again.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The plan's name.
    pub plan: String,
    /// What was broken.
    pub violation: Violation,
    /// The choices.
    pub replay: Replay,
    /// Call by call.
    pub story: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.story {
            writeln!(f, "    {line}")?;
        }
        writeln!(f, "{}: {} in \"{}\"", self.violation.invariant, self.violation.what, self.plan)?;
        write!(
            f,
            "replay: cargo run --release -p tagcache-sim --bin replay -- '{}' {}",
            self.plan, self.replay
        )
    }
}

/// How a run is done, apart from its choices.
pub(crate) struct Manner<'a, S> {
    /// What lies between the program and the simulated system.
    pub(crate) wrap: &'a dyn Fn(Sim) -> S,
    pub(crate) slip: Option<Slip>,
    pub(crate) tell: bool,
    pub(crate) visited: Option<Visited>,
}

impl Stage {
    /// Makes the disk ready.
    ///
    /// # Panics
    /// When the root cannot be made, or a plan has more processes than there are.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        assert!(plan.processes.len() + plan.after.len() < MAX_PROCESSES, "too many processes");
        let disk = Disk::new(plan.traits.clone(), MORNING);
        let world = World::new(disk, Oracle::new(), Choices::given(Vec::new()), Budget::default());
        let world = Arc::new(Mutex::new(world));
        // It looks like an entry of the first key that nobody put there.
        lock(&world).disk.make_victim(&Body { id: STRANGER, key: 0, tags: 0 }.print());
        if !plan.cold {
            let sim = Sim::new(Arc::clone(&world), KEEPER);
            match Actor::open(sim.clone(), sim.clone(), Role { makes: true, ..plan.role() }) {
                Ok(keeper) => prepare(keeper, &sim, &plan),
                Err(error) => unreachable!("an empty simulated disk takes a root: {error}"),
            }
        }
        let mut world = lock(&world);
        world.disk.settle();
        // What was done before may be held by now.
        world.disk.now = world.disk.now.after(A_WHILE);
        let (disk, oracle) = (world.disk.clone(), world.oracle.clone());
        drop(world);
        Self { plan, disk, oracle, ends: Arc::default() }
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Runs it once.
    #[must_use]
    pub fn run(&self, choices: Choices) -> Report {
        let wrap = |sim| sim;
        self.run_as(choices, Manner { wrap: &wrap, slip: None, tell: false, visited: None })
    }

    /// Runs it once more with the same choices and tells what happened.
    #[must_use]
    pub fn failure(&self, violation: &Violation, made: &[Made]) -> Failure {
        self.failure_as(violation, made, &|sim| sim, None)
    }

    /// Tells what happens with these choices.
    #[must_use]
    pub fn replay(&self, replay: &Replay) -> (Option<Violation>, Vec<String>) {
        let wrap = |sim| sim;
        let manner = Manner { wrap: &wrap, slip: None, tell: true, visited: None };
        let report = self.run_as(Choices::given(replay.0.clone()), manner);
        (report.violation, report.story)
    }

    pub(crate) fn failure_as<S: Sys>(
        &self,
        violation: &Violation,
        made: &[Made],
        wrap: &dyn Fn(Sim) -> S,
        slip: Option<Slip>,
    ) -> Failure {
        let replay = Replay::of(made);
        let manner = Manner { wrap, slip, tell: true, visited: None };
        let story = self.run_as(Choices::given(replay.0.clone()), manner).story;
        Failure { plan: self.plan.name.clone(), violation: violation.clone(), replay, story }
    }

    pub(crate) fn run_as<S: Sys>(&self, choices: Choices, mut manner: Manner<'_, S>) -> Report {
        let mut world = World::new(self.disk.clone(), self.oracle.clone(), choices, self.plan.budget);
        world.layout = self.plan.layout;
        if self.plan.budget.cuts == 0 {
            world.disk.forget_changes();
        }
        world.story = manner.tell.then(Vec::new);
        world.visited = manner.visited.take();
        world.planted = self.plan.before.iter().any(|op| matches!(op, Op::Plant(_)));
        world.injected = world.planted || self.plan.before.contains(&Op::RemoveRoot);
        let run = Run { stage: self, manner: &manner, world: Arc::new(Mutex::new(world)) };
        let cuts = Crew::with(|crew| run.all(crew));
        let mut world = run.world();
        Report {
            violation: world.violation.take(),
            made: world.choices.made().to_vec(),
            steps: world.steps,
            interleaved: world.interleaved,
            cuts,
            story: world.story.take().unwrap_or_default(),
            visited: world.visited.take(),
        }
    }
}

fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

fn prepare(mut keeper: Actor<Sim>, sim: &Sim, plan: &Plan) {
    // The log is made now: its making is looked at elsewhere.
    let _ = keeper.root().mark();
    sim.world().oracle.knows(*keeper.root().capabilities());
    keeper.run(&plan.before);
    if plan.log_is_full {
        sim.world().disk.fill_file(&[ROOT, "/log"].concat(), 1 << 20);
    }
}

/// A process with its root open; a root that cannot be opened for no reason breaks an invariant.
fn opened<S: Sys>(sys: S, sim: &Sim, role: Role) -> Option<Actor<S>> {
    let actor = sim.must("opening the root", Actor::open(sys, sim.clone(), role))?;
    let can = *actor.root().capabilities();
    sim.event(|world, _| world.oracle.knows(can));
    Some(actor)
}

struct Run<'a, S: Sys> {
    stage: &'a Stage,
    manner: &'a Manner<'a, S>,
    world: Arc<Mutex<World>>,
}

impl<S: Sys> Run<'_, S> {
    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    /// All of it; how often the power was cut.
    fn all(&self, crew: &mut Crew) -> u32 {
        let plan = &self.stage.plan;
        let mut cuts = 0;
        let mut base = self.stage.disk.clone();
        self.phase(crew, &plan.processes, 0);
        while std::mem::take(&mut self.world().cut) {
            cuts += 1;
            base = self.power_returns(&base);
            let first = u8::try_from(plan.processes.len()).unwrap_or(0);
            self.phase(crew, &plan.after, first);
        }
        if !self.world().over {
            let end = self.world().end();
            let ends = || self.stage.ends.lock().unwrap_or_else(PoisonError::into_inner);
            // A story is told to its end; and what a power cut left of bytes is not part of a state.
            if self.manner.tell || cuts > 0 || !ends().contains(&end) {
                self.look_through();
                let mut ends = ends();
                if !self.world().over && ends.len() < MAX_ENDS {
                    ends.insert(end);
                }
            }
        }
        cuts
    }

    /// Some processes from their beginning to their end, or to a power cut.
    fn phase(&self, crew: &mut Crew, processes: &[Vec<Op>], first: u8) {
        for (process, ops) in (first..).zip(processes) {
            self.begin(crew, process, ops.clone());
        }
        loop {
            let picked = self.world().next.take();
            let Some(process) = picked.or_else(|| self.world().pick()) else { return };
            if crew.go_on(usize::from(process)) == Stop::Done {
                self.world().processes[usize::from(process)].at_work = false;
            }
        }
    }

    /// Brings a process to its first call. It has its root open by then, unless there was none.
    fn begin(&self, crew: &mut Crew, process: u8, ops: Vec<Op>) {
        let sim = Sim::new(Arc::clone(&self.world), process);
        let sys = (self.manner.wrap)(sim.clone());
        let role = Role { slip: self.manner.slip, ..self.stage.plan.role() };
        let job: Job = if self.stage.plan.cold {
            Box::new(move || {
                sim.stop();
                if let Some(mut actor) = opened(sys, &sim, role) {
                    actor.run(&ops);
                }
            })
        } else {
            let Some(mut actor) = opened(sys, &sim, role) else { return };
            Box::new(move || {
                sim.stop();
                actor.run(&ops);
            })
        };
        {
            let mut world = self.world();
            let state = &mut world.processes[usize::from(process)];
            (state.at_work, state.alive) = (true, true);
            world.running = Some(process);
        }
        if crew.begin(usize::from(process), job) == Stop::Done {
            self.world().processes[usize::from(process)].at_work = false;
        }
        self.world().running = None;
    }

    /// Chooses what the power cut left, and boots. Returns the disk as it is then.
    fn power_returns(&self, base: &Disk) -> Disk {
        let mut world = self.world();
        let world = &mut *world;
        let choices = &mut world.choices;
        let model = self.stage.plan.model;
        let disk = world.disk.recover(base, model, &mut |of| choices.choose(About::Loss, of));
        let full = self.stage.plan.durability == tagcache_fs::Durability::Full;
        let kept = if self.stage.plan.promises() { world.oracle.promises_are_kept(&disk) } else { Ok(()) };
        world.oracle.power_returns(&disk, full);
        world.disk = disk.clone();
        world.over = world.violation.is_some();
        world.boot += 1;
        if world.story.is_some() {
            let listing = world.disk.listing();
            world.tell(|| format!("the power returns, and on disk is\n{listing}"));
        }
        match kept {
            Err(violation) => world.broken(violation),
            Ok(()) if world.over => {}
            Ok(()) => world.look(),
        }
        disk
    }

    /// When all have ended: what was put last is there if nothing took it, and one sweep leaves nothing dead.
    fn look_through(&self) {
        self.world().running = None;
        let sim = Sim::new(Arc::clone(&self.world), KEEPER);
        let Some(mut keeper) = opened(sim.clone(), &sim, self.stage.plan.role()) else { return };
        keeper.run(&[Op::Read(0), Op::Read(1), Op::Read(2), Op::Sweep]);
        drop(keeper);
        let mut world = self.world();
        if world.over {
            return;
        }
        if world.disk.victim() != self.stage.disk.victim() {
            let what = "a file outside of the root was touched".into();
            world.broken(Violation { invariant: "I8", what });
        }
        let left = world.disk.leftovers(ROOT).filter(|_| !world.planted);
        if let Some(what) = left {
            world.broken(Violation { invariant: "I6", what });
        }
        if self.stage.plan.only_puts() {
            let World { oracle, disk, .. } = &*world;
            if let Err(violation) = oracle.last_puts_are_there(disk) {
                world.broken(violation);
            }
        }
    }
}
