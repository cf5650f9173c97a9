//! `torture`: see the library of this package. The same program is supervisor, worker and foreigner.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use tagcache_torture::options::{Options, USAGE};
use tagcache_torture::place::Place;
use tagcache_torture::{Orders, link, run, work};

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    if let Some(("worker" | "foreign", _)) = args.first().map(|role| (role.as_str(), ())) {
        return match orders(&args) {
            Ok(orders) if args.first().is_some_and(|role| role == "foreign") => {
                link(&orders.place, orders.seed)
            }
            Ok(orders) => work(&orders),
            Err(error) => fail(&error),
        };
    }
    let outcome = Options::parse(&args).map_err(|error| format!("{error}\n\n{USAGE}"));
    match outcome.and_then(|options| run(&options).map_err(|error| error.to_string())) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => fail(&error),
    }
}

fn orders(args: &[String]) -> Result<Orders, String> {
    let [_, place, plan, first, seed] = args else {
        return Err("a worker is started by a supervisor".into());
    };
    let number = |text: &String| text.parse().map_err(|_| format!("`{text}` is no number"));
    let first = first.parse().map_err(|_| format!("`{first}` is no number"))?;
    Ok(Orders { place: Place::new(place), plan: plan.parse()?, first, seed: number(seed)? })
}

fn fail(error: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "torture: {error}");
    ExitCode::from(2)
}
