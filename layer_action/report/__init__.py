"""Plans and outcomes as text for people: Markdown, terminal, HTML, SBOM. Pure, but for the terminal's console."""
