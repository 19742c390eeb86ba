//! Reads a capture of sFlow into a matrix and ends, so that its processor time can be held against other programs': `read_capture WAY FILE MEMBERS`.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use benches::peers::{Way, read};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [way, capture, members] = words.as_slice() else { return wrong_usage() };
    let Some(way) = Way::of(way) else { return wrong_usage() };
    match run(way, Path::new(capture), Path::new(members)) {
        Ok(samples) => {
            println!("{samples}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(way: Way, capture: &Path, members: &Path) -> Result<u64, Box<dyn Error>> {
    let read = read(way, capture, members)?;
    Ok(read.pairs.values().map(|(samples, _)| samples).sum())
}

fn wrong_usage() -> ExitCode {
    eprintln!("usage: read_capture {} FILE MEMBERS", Way::ALL.map(Way::name).join("|"));
    ExitCode::from(2)
}
