//! Text in columns, for a terminal of a hundred.

/// Columns of a terminal that lines keep within, as far as single words let them.
const COLUMNS_MAX: usize = 100;

/// Between two columns.
const GAP: &str = "  ";

/// Rows below their headers, aligned; what does not fit of the last column goes on below it.
pub(super) fn render(headers: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
    let mut widths: Vec<usize> = (0..headers.len()).map(|at| width(at, &header, rows)).collect();
    if let Some((last, first)) = widths.split_last_mut() {
        let others: usize = first.iter().map(|width| width + GAP.len()).sum();
        *last = (*last).min(COLUMNS_MAX.saturating_sub(others + GAP.len()));
    }
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    [&header, &rule].into_iter().chain(rows).map(|row| line(row, &widths)).collect()
}

/// Kind, name and reason, aligned.
pub(super) fn lines(rows: &[[String; 3]]) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.to_vec()).collect();
    let widths: Vec<usize> = (0..3).map(|at| width(at, &[], &rows)).collect();
    rows.iter().map(|row| line(row, &widths)).collect()
}

/// Characters of the widest cell of a column.
fn width(at: usize, header: &[String], rows: &[Vec<String>]) -> usize {
    let cells = rows.iter().map(|row| row.get(at)).chain([header.get(at)]);
    cells.flatten().map(|cell| cell.chars().count()).max().unwrap_or(0)
}

/// One row, with its line ends.
fn line(row: &[String], widths: &[usize]) -> String {
    let Some((last, first)) = row.split_last() else { return "\n".to_owned() };
    let mut text = String::new();
    for (cell, width) in first.iter().zip(widths) {
        text.push_str(GAP);
        text.push_str(cell);
        text.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
    }
    let indent = text.chars().count();
    for (number, part) in wrapped(last, COLUMNS_MAX.saturating_sub(indent + GAP.len())).iter().enumerate() {
        if number > 0 {
            text.extend(std::iter::repeat_n(' ', indent));
        }
        text.push_str(GAP);
        text.push_str(part);
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// A text in lines of at most `columns` characters, broken at spaces. Never empty.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        if let Some(line) = lines.last_mut()
            && (line.is_empty() || line.chars().count() + 1 + word.chars().count() <= columns)
        {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS_MAX, lines, render, wrapped};

    #[test]
    fn columns_are_aligned_and_the_last_one_wraps() {
        let many = ["NB-Something"; 12].join(", ");
        let rows =
            vec![vec!["ada".to_owned(), "Ada Martin".to_owned(), many], vec!["zoë".to_owned(), "Z".to_owned(), "NB-Staff".to_owned()]];
        let text = render(&["userName", "name", "groups"], &rows);
        let first = ["  userName  name        groups", "  --------  ----------  "];
        for (line, begin) in text.lines().zip(first) {
            assert!(line.starts_with(begin), "{text}");
        }
        assert!(text.ends_with("\n  zoë       Z           NB-Staff\n"), "{text}");
        for line in text.lines() {
            assert!(line.chars().count() <= COLUMNS_MAX, "{line}");
        }
        assert!(text.lines().any(|line| line.starts_with("                        NB-Something")), "{text}");
    }

    #[test]
    fn lines_are_aligned() {
        let rows = [["user", "ada", "is here"], ["group", "Marketing", "is not"]].map(|row| row.map(str::to_owned));
        assert_eq!(lines(&rows), "  user   ada        is here\n  group  Marketing  is not\n");
    }

    #[test]
    fn texts_wrap_at_spaces() {
        let cases: [(&str, usize, &[&str]); 5] = [
            ("", 5, &[""]),
            ("one two", 7, &["one two"]),
            ("one two", 6, &["one", "two"]),
            ("extraordinary", 4, &["extraordinary"]),
            ("a b c d", 3, &["a b", "c d"]),
        ];
        for (text, columns, expected) in cases {
            assert_eq!(wrapped(text, columns), expected, "{text:?}");
        }
    }
}
