//! The program `tagcache`.

fn main() -> std::process::ExitCode {
    tagcache_cli::main()
}
