//! The command line, as the console script `oxitk` runs it: no numpy, no Python but for its signals.
//!
//! Exit codes: 0 done; 1 it could not be done; 2 the command line by itself makes no sense; 130 interrupted.

use std::ffi::OsString;
use std::io::Write;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use itk_core::{Error, pool};

mod attend;
mod filter;
mod info;
mod preview;
mod recursive;

const EVERYWHERE: &str = "Options of every command";

/// Median, mean, derivatives and recursive Gaussians of medical images, exact to ITK.
#[derive(Parser)]
#[command(name = "oxitk", bin_name = "oxitk", version)]
struct Cli {
    /// Show no progress bar (there is none in a pipe anyway)
    #[arg(long, short, global = true, help_heading = EVERYWHERE)]
    quiet: bool,

    /// Threads to use, 1 to 128 [default: OXITK_NUM_THREADS, else all CPUs]
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    #[arg(value_name = "N", value_parser = clap::value_parser!(u16).range(1..=128))]
    threads: Option<u16>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Info(info::Info),
    Median(filter::Median),
    Mean(filter::Mean),
    GradientMagnitude(filter::GradientMagnitude),
    RecursiveGaussian(recursive::Line),
    SmoothingRecursiveGaussian(recursive::Smoothing),
    GradientMagnitudeRecursiveGaussian(recursive::Gradient),
    Gradient(filter::Gradient),
    Derivative(filter::Derivative),
    Sobel(filter::Sobel),
    Run(filter::Run),
    Preview(preview::Preview),
}

/// Why a command ended early.
enum Stop {
    /// The command line by itself makes no sense.
    Usage(String),
    /// It could not be done.
    Failed(String),
    /// Whoever reads the standard output has gone; that is no failure.
    NobodyReads,
    /// Ctrl-C.
    Interrupted,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        match error {
            Error::ChainText { .. } => Self::Usage(error.to_string()),
            Error::Components { filter, kind, components } => {
                let hint =
                    if kind.starts_with("rgb") { "; --pixel-type uint8 reads colours as grey" } else { "" };
                Self::Failed(format!(
                    "{filter}: takes scalar pixels, got {kind} pixels of {components} components{hint}"
                ))
            }
            Error::Aborted { .. } => Self::Interrupted,
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::NobodyReads,
            _ => Self::Failed(format!("cannot write to the standard output: {error}")),
        }
    }
}

/// Runs a command line, program name first, and returns the exit code.
pub(crate) fn run(args: Vec<OsString>) -> i32 {
    let stop = match Cli::try_parse_from(args) {
        Ok(cli) => attend::attend(|cancel| start(&cli, cancel)).err(),
        Err(error) if !error.use_stderr() => print(&error.render().to_string()).err(),
        Err(error) => Some(Stop::Usage(explain(&error))),
    };
    let (code, text) = match stop {
        None | Some(Stop::NobodyReads) => return 0,
        Some(Stop::Failed(text)) => (1, text),
        Some(Stop::Usage(text)) => (2, text),
        Some(Stop::Interrupted) => (130, "interrupted".to_owned()),
    };
    // A closed stderr is no reason to panic.
    let _ = writeln!(std::io::stderr(), "oxitk: {}", one_line(&text));
    code
}

fn start(cli: &Cli, cancel: &itk_core::CancelToken) -> Result<(), Stop> {
    if let Some(threads) = cli.threads {
        pool::set_num_threads(threads.into());
    }
    let filter = |command: &dyn filter::Command| filter::run(command, cli.quiet, cancel);
    match &cli.command {
        Command::Info(command) => command.run(),
        Command::Median(command) => filter(command),
        Command::Mean(command) => filter(command),
        Command::GradientMagnitude(command) => filter(command),
        Command::RecursiveGaussian(command) => filter(command),
        Command::SmoothingRecursiveGaussian(command) => filter(command),
        Command::GradientMagnitudeRecursiveGaussian(command) => filter(command),
        Command::Gradient(command) => filter(command),
        Command::Derivative(command) => filter(command),
        Command::Sobel(command) => filter(command),
        Command::Run(command) => filter(command),
        Command::Preview(command) => command.run(),
    }
}

/// Writes to the standard output. The standard library does not flush it when Python ends the process.
fn print(text: &str) -> Result<(), Stop> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// What clap has to say, on one line.
fn explain(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "a command is missing; Usage: oxitk [OPTIONS] <COMMAND>; For more information, try '--help'"
            .into();
    }
    let text = error.render().to_string();
    let paragraph = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut said: Vec<String> = text.trim_start_matches("error: ").split("\n\n").map(paragraph).collect();
    if said.iter().any(|part| part.starts_with("Usage:")) {
        said.retain(|part| !part.starts_with("For more information"));
    }
    said.join("; ")
}

/// Line breaks and control characters, which a file name or a file's content may bring along, made harmless.
fn one_line(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}
