//! `casebridge`: the command line is in `casebridge::cli`.

fn main() -> std::process::ExitCode {
    casebridge::cli::main()
}
