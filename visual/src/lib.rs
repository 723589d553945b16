//! The OxBerry dashboard: best bids and offers of all symbols on a web page.
