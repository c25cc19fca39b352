"""The webhook's panel on the tenant page, its pages and what people do there."""
