"""The published site: pages, feeds and data files made from the lake, served by any web server or opened from disk."""
