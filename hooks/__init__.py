"""The CDS Hooks service: HTTP, trust, wording and the web around ``cds``. No clinical rule lives here."""
