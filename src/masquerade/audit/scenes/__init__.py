"""Who is in a study: photos divided between owner, cloud and attacker."""
