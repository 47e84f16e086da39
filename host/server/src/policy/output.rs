//! What a guest prints: lines, cut and capped on the way in, so that a flood costs nothing.
//!
//! This module does not know what the lines are about.

use super::limits::{LOG_LINE_BYTES_MAX, LOG_LINES_MAX};
use super::problem;

/// One of the streams that programs print to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Out,
    Err,
}

/// Lines since they were last taken.
pub(super) struct Output {
    lines: Vec<String>,
    bytes_max: usize,
    bytes: usize,
    dropped: u64,
    total: u64,
    /// What was printed behind the last line break of each stream.
    open: [Vec<u8>; 2],
}

/// What a line ends with that was cut.
const CUT: &str = "…";

impl Output {
    /// Keeps at most `bytes_max` bytes at a time.
    pub(super) fn new(bytes_max: usize) -> Output {
        Output { lines: Vec::new(), bytes_max, bytes: 0, dropped: 0, total: 0, open: [const { Vec::new() }; 2] }
    }

    /// Takes a line of the log.
    pub(super) fn line(&mut self, level: &str, message: &str) {
        self.total = self.total.saturating_add(1);
        if self.lines.len() >= LOG_LINES_MAX || self.bytes >= self.bytes_max {
            self.dropped = self.dropped.saturating_add(1);
            return;
        }
        let whole = if level.is_empty() { head(message).to_owned() } else { format!("{level}: {}", head(message)) };
        let room = LOG_LINE_BYTES_MAX.min(self.bytes_max - self.bytes);
        let cut = whole.len() > room;
        let mut line = problem::line(whole, if cut { room.saturating_sub(CUT.len()) } else { room });
        if cut {
            line.push_str(CUT);
        }
        self.bytes += line.len();
        self.lines.push(line);
    }

    /// Takes what a program printed, which need not be whole lines, nor text.
    pub(super) fn print(&mut self, stream: Stream, bytes: &[u8]) {
        let mut parts = bytes.split(|byte| *byte == b'\n');
        // A split has at least one part; what stands behind the last line break stays open.
        let last = parts.next_back().unwrap_or_default();
        for part in parts {
            self.extend(stream, part);
            self.close(stream);
        }
        self.extend(stream, last);
    }

    fn extend(&mut self, stream: Stream, part: &[u8]) {
        let open = self.open_line(stream);
        let room = (LOG_LINE_BYTES_MAX + 1).saturating_sub(open.len());
        open.extend_from_slice(part.get(..room).unwrap_or(part));
    }

    fn close(&mut self, stream: Stream) {
        let open = std::mem::take(self.open_line(stream));
        let text = String::from_utf8_lossy(&open);
        self.line("", text.strip_suffix('\r').unwrap_or(&text));
    }

    fn open_line(&mut self, stream: Stream) -> &mut Vec<u8> {
        let [out, err] = &mut self.open;
        match stream {
            Stream::Out => out,
            Stream::Err => err,
        }
    }

    /// The lines since the last call, those that were left out as a number.
    pub(super) fn take(&mut self) -> Vec<String> {
        for stream in [Stream::Out, Stream::Err] {
            if !self.open_line(stream).is_empty() {
                self.close(stream);
            }
        }
        let mut lines = std::mem::take(&mut self.lines);
        if self.dropped > 0 {
            lines.push(format!("({} more lines are left out.)", self.dropped));
        }
        (self.bytes, self.dropped) = (0, 0);
        lines
    }

    /// Lines so far, those that were left out included.
    pub(super) fn total(&self) -> u64 {
        self.total
    }
}

/// What a plugin printed, as a sentence behind another; nothing if it printed nothing.
pub fn printed(log: &[String]) -> String {
    if log.is_empty() { String::new() } else { format!(" It printed: {}", log.join(" / ")) }
}

/// As much of a message as a line can show.
fn head(message: &str) -> &str {
    message.get(..message.floor_char_boundary(LOG_LINE_BYTES_MAX + 1)).unwrap_or(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_and_a_flood_is_a_number() {
        let mut output = Output::new(4 << 10);
        output.line("warn", "a\nb");
        output.line("info", &"é".repeat(1_000));
        let lines = output.take();
        assert_eq!(lines[0], "warn: a b");
        assert!(lines[1].len() <= LOG_LINE_BYTES_MAX && lines[1].ends_with("é…"), "{}", lines[1]);
        for _ in 0..100 {
            output.line("debug", "x");
        }
        let lines = output.take();
        assert_eq!((lines.len(), lines[LOG_LINES_MAX].as_str()), (LOG_LINES_MAX + 1, "(80 more lines are left out.)"));
        assert_eq!((output.take(), output.total()), (Vec::<String>::new(), 102));
    }

    #[test]
    fn all_lines_together_have_their_bytes() {
        let mut output = Output::new(600);
        for _ in 0..5 {
            output.line("", &"x".repeat(500));
        }
        let lines = output.take();
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [500, 100, 28]);
        assert_eq!(lines[2], "(3 more lines are left out.)");
    }

    #[test]
    fn what_programs_print_becomes_lines() {
        let mut output = Output::new(4 << 10);
        output.print(Stream::Out, b"he");
        output.print(Stream::Err, b"oops\r\n");
        output.print(Stream::Out, b"llo\n\nand \xff");
        assert_eq!(output.take(), ["oops", "hello", "", "and \u{fffd}"]);
        output.print(Stream::Out, &vec![b'x'; 1 << 20]);
        let lines = output.take();
        assert!(lines[0].ends_with("x…") && lines[0].len() <= LOG_LINE_BYTES_MAX, "{} bytes", lines[0].len());
    }
}
