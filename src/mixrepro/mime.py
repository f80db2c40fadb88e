"""The mime types with which a chapter's outputs carry data for the book, beside what they show."""

#: {"records": {run id: SHA-256 of the record's manifest.json}}: what the chapter read; a file of kept sharpness by
#: its name and its own SHA-256. None for what it looked for and did not find.
RECORDS_MIME = "application/vnd.mixrepro.records+json"
#: One claim's verdict, see `claims.rules.Verdict`.
VERDICT_MIME = "application/vnd.mixrepro.verdict+json"
