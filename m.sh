cd /tmp/install/gl
printf '\n[[principal]]\nname = "admin"\nrole = "maintainer"\nemails = ["admin@example.org"]\nintroduced-by = "founder"\nkeys = [{ ssh = "%s" }]\n[[principal]]\nname = "bob"\nrole = "maintainer"\nemails = ["bob@example.org"]\nintroduced-by = "founder"\nkeys = [{ ssh = "%s" }]\n' "$(cat admin.pub)" "$(cat bob.pub)" >>/tmp/install/pub/pol/policy.toml
