//! The durable floor: 4 KiB overwritten and synced, one after the other. No server that answers after its write is durable can be faster.
//!
//! Runs as a process of its own, so that it has the place and the priority that servers have.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use doorlist_tests::load::Sample;

use crate::machine::Machine;

/// The argument that makes this executable the loop.
pub const ARGUMENT: &str = "--raw-writes";

/// Bytes of one write.
const WRITE_BYTES: usize = 4_096;

/// Places in the file that are written one after the other.
const PLACES: u64 = 4_096;

/// Microseconds within which a median write lies when it waited for a tick of 250 Hz instead of for the disk.
const TICK_US: std::ops::Range<f64> = 3_800.0..4_300.0;

/// Measures for `time` on the disk that has `directory`.
pub fn measure(machine: &Machine, directory: &Path, time: Duration) -> io::Result<Sample> {
    let mut command = machine.server_command(&std::env::current_exe()?);
    command.arg(ARGUMENT).arg(directory.join("raw-writes")).arg(time.as_millis().to_string());
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let micros: Result<Vec<f64>, _> = text.split_whitespace().map(str::parse).collect();
    match micros {
        Ok(micros) if output.status.success() && !micros.is_empty() => {
            let wall = Duration::from_secs_f64(micros.iter().sum::<f64>() / 1e6);
            Ok(Sample::new(micros, wall))
        }
        _ => Err(io::Error::other(format!("the raw writes ended with {}", output.status))),
    }
}

/// Whether a median of so many microseconds shows the scheduler's tick, and not the disk.
pub fn is_the_tick(p50_us: f64) -> bool {
    TICK_US.contains(&p50_us)
}

/// The loop: arguments are the file and the milliseconds; prints the microseconds of each write.
pub fn run(arguments: &[String]) -> io::Result<()> {
    let (Some(path), Some(Ok(millis))) = (arguments.first(), arguments.get(1).map(|text| text.parse::<u64>())) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let file = filled(Path::new(path))?;
    let block = [0x5a_u8; WRITE_BYTES];
    let mut micros = Vec::new();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(millis) {
        let begun = Instant::now();
        let place = (micros.len() as u64 * 7) % PLACES;
        file.write_all_at(&block, place * WRITE_BYTES as u64)?;
        file.sync_data()?;
        micros.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    let text: Vec<String> = micros.iter().map(|micros| format!("{micros:.1}")).collect();
    println!("{}", text.join(" "));
    Ok(())
}

/// The file at its full length, so that no write makes it grow.
fn filled(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
    let length = PLACES * WRITE_BYTES as u64;
    if file.metadata()?.len() < length {
        file.write_all_at(&vec![0; length as usize], 0)?;
        file.sync_all()?;
    }
    Ok(file)
}
