"""User agents as text: browser and system, enough to recognise one's own device."""

import re

# In this order, because later ones imitate earlier ones (Chrome contains Safari, Edge contains
# Chrome).
_BROWSERS = {
    "Edge": r"\bEdg(?:e|A|iOS)?/",
    "Opera": r"\bOPR/|\bOpera\b",
    "Samsung Internet": r"\bSamsungBrowser/",
    "Firefox": r"\bFirefox/|\bFxiOS/",
    "Chrome": r"\bChrome/|\bCriOS/|\bChromium/|\bHeadlessChrome/",
    "Safari": r"\bVersion/[\d.]+.*\bSafari/",
}
_SYSTEMS = {
    "iPhone": r"\biPhone\b",
    "iPad": r"\biPad\b",
    "Android": r"\bAndroid\b",
    "Windows": r"\bWindows NT\b",
    "ChromeOS": r"\bCrOS\b",
    "macOS": r"\bMacintosh\b|\bMac OS X\b",
    "Linux": r"\bLinux\b|\bX11\b",
}
UNKNOWN = "Unknown browser"


def describe_agent(agent: str) -> str:
    """ "Firefox on Windows"; an unknown user agent is returned as it is, shortened."""
    browser, system = _first(_BROWSERS, agent), _first(_SYSTEMS, agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or agent[:40].strip() or UNKNOWN


def _first(patterns: dict[str, str], agent: str) -> str | None:
    return next((name for name, pattern in patterns.items() if re.search(pattern, agent)), None)
