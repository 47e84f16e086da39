//! Points in time as RFC 7643, section 2.3.5, writes them.
//!
//! Only what comparing needs: this module has no calendar, no formatting, and no idea what time it is.

/// A point in time. Ordered as time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    /// Seconds since 1970-01-01T00:00:00Z; negative before.
    seconds: i64,
    /// Nanoseconds into the second.
    nanos: u32,
}

impl Instant {
    /// Reads `2011-05-13T04:42:34.567+02:00`: an RFC 3339 date and time, with `T` and `Z` in either
    /// case. Without an offset the time is taken as UTC, since `xsd:dateTime` allows leaving it out.
    /// Digits beyond the nanosecond are dropped; a leap second is the last second of its minute.
    ///
    /// `None` if the text is anything else, or no such day or time exists.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.split_at_checked(10)?;
        let (time, rest) = rest.strip_prefix(['T', 't'])?.split_at_checked(8)?;
        let [year, month, day] = fields(date, '-', [4, 2, 2])?;
        let [hour, minute, second] = fields(time, ':', [2, 2, 2])?;
        let (nanos, rest) = fraction(rest)?;
        let offset = offset_seconds(rest)?;
        let is_day = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
        if !is_day || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let seconds = days_since_epoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second.min(59);
        Some(Self { seconds: seconds - offset, nanos })
    }
}

impl Instant {
    /// Seconds since 1970-01-01T00:00:00Z, and nanoseconds into the second.
    pub(crate) fn parts(self) -> (i64, u32) {
        (self.seconds, self.nanos)
    }

    /// The instant of such parts, if there is one.
    pub(crate) fn of_parts(seconds: i64, nanos: u32) -> Option<Self> {
        (nanos < 1_000_000_000).then_some(Self { seconds, nanos })
    }
}

/// Numbers of fixed widths with a separator between them.
fn fields(text: &str, separator: char, widths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, width) in numbers.iter_mut().zip(widths) {
        *number = digits(parts.next()?, width)?;
    }
    parts.next().is_none().then_some(numbers)
}

fn digits(text: &str, width: usize) -> Option<i64> {
    let is_number = text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// A fraction of a second, if there is one, in nanoseconds; and the text behind it.
fn fraction(text: &str) -> Option<(u32, &str)> {
    let Some(text) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    if digits.is_empty() {
        return None;
    }
    let nine = digits.bytes().chain(std::iter::repeat(b'0')).take(9);
    let nanos = nine.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    Some((nanos, rest))
}

fn offset_seconds(text: &str) -> Option<i64> {
    let (sign, rest) = match text {
        "" | "Z" | "z" => return Some(0),
        _ => match text.strip_prefix('+') {
            Some(rest) => (1, rest),
            None => (-1, text.strip_prefix('-')?),
        },
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3_600 + minutes * 60))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a day of the Gregorian calendar. Years are counted from March, so that the
/// leap day is the last of its year.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    // 719_468 days lie between 0000-03-01 and 1970-01-01.
    year * 365 + leap_days + day_of_year - 719_468
}
