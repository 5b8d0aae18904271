"""What she takes away: a PDF to read, and a bag that anybody can verify without this software."""
