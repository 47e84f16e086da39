//! What plugins cost and the guard holds, in the text format of Prometheus (exposition format 0.0.4), for whoever watches the installation.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::call::{Call, Reply, blocking};
use crate::admin::plugins::figures::{Figure, Series};
use crate::admin::tenants;
use crate::directory::HoldFigure;
use crate::error::Result;
use crate::id::Id;
use crate::store::PartitionNumber;

/// Media type of the format.
pub(super) const MEDIA: &str = "text/plain; version=0.0.4";

/// One metric: its name, its type, what it says, and how it is read of a figure.
struct Metric {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    read: fn(&Figure) -> Value,
}

/// A value. Time is given in seconds, as the format's conventions ask.
enum Value {
    Count(u64),
    Micros(u64),
}

const METRICS: [Metric; 8] = [
    Metric {
        name: "doorlist_plugin_evaluations_total",
        kind: "counter",
        help: "Users and groups that a plugin was asked about.",
        read: |figure| Value::Count(figure.evaluations),
    },
    Metric {
        name: "doorlist_plugin_seconds_total",
        kind: "counter",
        help: "Time that a plugin ran, starting and configuring included.",
        read: |figure| Value::Micros(figure.micros),
    },
    Metric {
        name: "doorlist_plugin_epochs_total",
        kind: "counter",
        help: "Ticks of the deadlines' clock that passed while a plugin ran.",
        read: |figure| Value::Count(figure.epochs),
    },
    Metric {
        name: "doorlist_plugin_memory_peak_bytes",
        kind: "gauge",
        help: "Memory that an instance of a plugin had at the most.",
        read: |figure| Value::Count(figure.memory_bytes_peak),
    },
    Metric {
        name: "doorlist_plugin_traps_total",
        kind: "counter",
        help: "Calls of a plugin that failed, but for those out of time.",
        read: |figure| Value::Count(figure.traps),
    },
    Metric {
        name: "doorlist_plugin_timeouts_total",
        kind: "counter",
        help: "Calls of a plugin that ran out of time.",
        read: |figure| Value::Count(figure.timeouts),
    },
    Metric {
        name: "doorlist_plugin_log_lines_total",
        kind: "counter",
        help: "Lines that a plugin printed, those included that were dropped.",
        read: |figure| Value::Count(figure.log_lines),
    },
    Metric {
        name: "doorlist_plugin_impure_total",
        kind: "counter",
        help: "Users and groups about which a plugin answered differently when it was asked again.",
        read: |figure| Value::Count(figure.impure),
    },
];

pub(super) async fn get(call: Call) -> Result<Reply> {
    let (figures, holds) = (call.app.plugins.figures().all(), call.app.holds.all());
    let of_figures = figures.iter().map(|(series, _)| series.tenant);
    let numbers: Vec<PartitionNumber> = of_figures.chain(holds.iter().map(|(tenant, _)| *tenant)).collect();
    let rows = call.caller.rows.clone();
    let text = blocking(move || {
        let ids = rows.read(|rows| {
            let mut ids = BTreeMap::new();
            for number in numbers {
                if !ids.contains_key(&number)
                    && let Some(tenant) = tenants::at(rows, number)?
                {
                    ids.insert(number, tenant.id);
                }
            }
            Ok(ids)
        })?;
        Ok(render(&figures, &ids) + &render_holds(&holds, &ids))
    });
    Ok(Reply::text(MEDIA, text.await?))
}

/// Figures of a tenant that has no id any more are left out: it has been deleted.
fn render(figures: &[(Series, Figure)], ids: &BTreeMap<PartitionNumber, Id>) -> String {
    let mut text = String::new();
    for Metric { name, kind, help, read } in METRICS {
        // Writing to a string does not fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (Series { tenant, plugin, version }, figure) in figures {
            let Some(id) = ids.get(tenant) else { continue };
            // Ids, names and versions have no character that would have to be escaped: a plugin's manifest is checked for that.
            let _ = write!(text, "{name}{{tenant=\"{id}\",plugin=\"{plugin}\",version=\"{version}\"}} ");
            let _ = match read(figure) {
                Value::Count(count) => writeln!(text, "{count}"),
                Value::Micros(micros) => writeln!(text, "{}.{:06}", micros / 1_000_000, micros % 1_000_000),
            };
        }
    }
    text
}

/// A sum of holds: the metric's name, what it says, and what each of its lines reads of a tenant's figure under which further label.
type OfHolds = (&'static str, &'static str, &'static [(&'static str, fn(&HoldFigure) -> u64)]);

const OF_HOLDS: [OfHolds; 3] = [
    ("doorlist_holds_opened_total", "Holds that the guard against mass removals opened.", &[("", |figure| figure.opened)]),
    ("doorlist_held_members_total", "Members that came to be held.", &[("", |figure| figure.held)]),
    (
        "doorlist_hold_decisions_total",
        "Decisions of operators on held members, each on one or many.",
        &[(",action=\"release\"", |figure| figure.released), (",action=\"discard\"", |figure| figure.discarded)],
    ),
];

/// The same of holds.
fn render_holds(figures: &[(PartitionNumber, HoldFigure)], ids: &BTreeMap<PartitionNumber, Id>) -> String {
    let mut text = String::new();
    for (name, help, lines) in OF_HOLDS {
        // Writing to a string does not fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter");
        for (tenant, figure) in figures {
            let Some(id) = ids.get(tenant) else { continue };
            for (label, read) in lines {
                let _ = writeln!(text, "{name}{{tenant=\"{id}\"{label}}} {}", read(figure));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_is_a_line_and_time_is_seconds() {
        let series = |tenant| Series { tenant, plugin: "a-b".to_owned(), version: "1.0.0".to_owned() };
        let figure = Figure { evaluations: 3, micros: 2_000_005, ..Figure::default() };
        let id = Id::from_bytes([7; 16]);
        let text = render(&[(series(1), figure), (series(2), figure)], &BTreeMap::from([(1, id)]));
        let labels = format!("{{tenant=\"{id}\",plugin=\"a-b\",version=\"1.0.0\"}}");
        assert!(
            text.contains(&format!("# TYPE doorlist_plugin_seconds_total counter\ndoorlist_plugin_seconds_total{labels} 2.000005\n")),
            "{text}"
        );
        assert!(text.contains(&format!("doorlist_plugin_evaluations_total{labels} 3\n")), "{text}");
        assert_eq!(text.lines().count(), 3 * METRICS.len(), "a tenant that is gone has no line: {text}");
    }
}
