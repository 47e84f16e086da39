//! What bounds pages and forms: how much of something stands on a page, so that none has 100 kB, and what a form may send.

/// Secrets that were made and wait for the page that shows them.
pub const UNSHOWN_MAX: usize = 1_000;

/// Milliseconds for which they wait. A browser asks for that page at once.
pub const UNSHOWN_MS_MAX: i64 = 600_000;

/// Bytes of a form that a page sends: the longest settings of a policy, percent-encoded.
pub const FORM_BYTES_MAX: usize = 1 << 20;

/// Bytes of an address of the wizard that connects a provider, with what was chosen so far in it: what every browser and proxy lets through. Longer answers are in its form only.
pub const WIZARD_ADDRESS_BYTES_MAX: usize = 4 << 10;

/// Milliseconds for which a connection that nobody has used is asked about before the wizard makes another one of its name: whoever goes back and presses again does it by then.
pub const WIZARD_AGAIN_MS_MAX: i64 = 600_000;

/// Entries of a connection's filter that stand in a row. Its settings have all.
pub const DASHBOARD_ENTRIES_SHOWN_MAX: usize = 20;

/// Warnings that a connection's page shows.
pub const WARNINGS_SHOWN_MAX: usize = 20;

/// Connections whose warnings are looked for to be told on their cards: each takes a look at many of its users, every few seconds.
pub const CARDS_WARNED_MAX: usize = 10;

/// Milliseconds for which a connection's page tells of what its client was refused: what is older was seen to, or is in the activity.
pub const REFUSED_LATELY_MS_MAX: i64 = 24 * 60 * 60 * 1_000;

/// Fields of such a form.
pub const FORM_FIELDS_MAX: usize = 2_000;

/// Rows of a list on one page of the dashboard: with the longest names that it shows such a page has less than 100 kB.
pub const DASHBOARD_ROWS_MAX: usize = 50;

/// Keys of the installation on the start page, where as many tenants and people may stand as well.
pub const DASHBOARD_INSTALLATION_KEYS_MAX: usize = 20;

/// Characters of a name, or another text of somebody else's, that the dashboard shows where many stand.
pub const DASHBOARD_NAME_CHARACTERS_MAX: usize = 120;

/// Bytes of such a name as it stands on a page, where letters take up to four and signs of markup up to six: the widest rows have three, and a form.
pub const DASHBOARD_NAME_BYTES_MAX: usize = 160;

/// Characters of a name in an entry of a choice, of which a page may have hundreds, and in what a button is called for those who do not see it.
pub const DASHBOARD_LABEL_CHARACTERS_MAX: usize = 40;

/// Bytes of the same as it stands on a page.
pub const DASHBOARD_LABEL_BYTES_MAX: usize = 60;

/// Bytes of a sentence where many stand, as it stands on a page.
pub const DASHBOARD_SENTENCE_BYTES_MAX: usize = 300;

/// Bytes of a document that the dashboard shows by itself, as it stands on a page. The API has longer ones.
pub const DASHBOARD_DOCUMENT_BYTES_MAX: usize = 60 << 10;

/// Entries of a list within a row of a list, such as what would be different of somebody.
pub const DASHBOARD_WITHIN_ROW_MAX: usize = 3;

/// Characters of a value, a reason or a document that the dashboard shows where there is room for it.
pub const DASHBOARD_VALUE_CHARACTERS_MAX: usize = 1_000;

/// Pages of a filtered list that one page of the dashboard asks for until it is full: a filter may want few of many.
pub const DASHBOARD_LOOKS_MAX: usize = 10;

/// Policies that the dashboard shows of an explanation. The API has the rest.
pub const DASHBOARD_STEPS_MAX: usize = 40;

/// Bytes of all that the dashboard shows of an explanation's policies, behind which it begins no further one: half of a page.
pub const DASHBOARD_STEPS_BYTES_MAX: usize = 45 << 10;

/// Bytes of what these policies were given that the dashboard shows: half of that.
pub const DASHBOARD_INPUT_BYTES_MAX: usize = 24 << 10;

/// Parts of a form that is made from a JSON Schema. One whose definitions refer to each other twice over describes many more than it has letters.
pub const SCHEMA_FORM_PARTS_MAX: usize = 1_000;

/// How deep parts of such a form lie in one another, references counted. Deeper ones are edited as JSON.
pub const SCHEMA_FORM_DEPTH_MAX: usize = 16;

/// References and unions with null that lead to one part of such a form.
pub const SCHEMA_FORM_REFERENCES_MAX: usize = 8;

/// Values that a part of such a form is chosen from. More are no list to choose from.
pub const SCHEMA_FORM_CHOICES_MAX: usize = 200;

/// Characters of a text that such a form has on one line; a longer one gets several.
pub const SCHEMA_FORM_LINE_CHARS_MAX: usize = 100;

/// Fields of such a form beyond which the entries of its lists are closed: a page of more is long to read and to load.
pub const SCHEMA_FORM_OPEN_MAX: usize = 60;

/// Bytes of a form with a file but for the file: its other fields, and what stands between them.
pub const FILE_FORM_BYTES_MAX: usize = 16 << 10;
