"""The id of a construct that is made for a step or steps: their names in PascalCase."""


def construct_id(*names: str) -> str:
    """`after`, `crawl_raw` give AfterCrawlRaw."""
    return "".join(word.capitalize() for name in names for word in name.split("_"))
