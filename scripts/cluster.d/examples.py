"""Whether the programs that read the examples of scripts/examples/cluster take them.

Usage: examples.py WORK, in a network and mount namespace of its own.
"""

import os
import re
import shutil
import sys

from machines import HERE, Failed, run

EXAMPLES = f"{HERE}/../examples/cluster"


def check_nginx(work):
    with open(f"{EXAMPLES}/balancer.conf") as file:
        text = file.read()
    if "non_idempotent" not in text:
        raise Failed("balancer.conf does not give a POST to the next server")
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x",
        "-keyout", f"{work}/privkey.pem", "-out", f"{work}/fullchain.pem")
    text = text.replace("/etc/letsencrypt/live/callback.example.com", work).replace("/var/log/nginx", work)
    with open(f"{work}/nginx.conf", "w") as file:
        file.write(f"pid {work}/pid;\nevents {{}}\nhttp {{\n{text}\n}}\n")
    run("nginx", "-t", "-e", f"{work}/error.log", "-c", f"{work}/nginx.conf")


def check_units(work):
    for unit, name in [("etcd", "etcd-khoins.conf"), ("khoins-callback", "khoins-callback-cluster.conf")]:
        os.makedirs(f"{work}/{unit}.service.d")
        shutil.copy(f"{EXAMPLES}/{name}", f"{work}/{unit}.service.d/")
    with open(f"{work}/etcd.service", "w") as file:
        file.write("[Service]\nExecStart=/bin/true\n")
    with open(f"{EXAMPLES}/../khoins-callback.service") as file:
        text = re.sub(r"^ExecStart=.*", "ExecStart=/bin/true", file.read(), flags=re.MULTILINE)
    with open(f"{work}/khoins-callback.service", "w") as file:
        file.write(re.sub(r"^Documentation=.*\n", "", text, flags=re.MULTILINE))
    shutil.copy(f"{EXAMPLES}/../khoins-callback.socket", work)
    for unit in ["etcd", "khoins-callback"]:
        said = run("systemd-analyze", "verify", "--man=no", f"{work}/{unit}.service", check=False)
        # What other units of this machine say does not count.
        wrong = [line for line in said.splitlines() if work in line or "khoins" in line]
        if wrong:
            raise Failed(f"systemd does not take {unit}'s drop-in: {wrong}")


def check_rules(work):
    """The rules name users: where one is missing here, its number stands in."""
    with open(f"{EXAMPLES}/nftables.conf") as file:
        text = file.read().replace("khoins-callback }", "12345 }").replace("etcd,", "12346,")
    with open(f"{work}/rules", "w") as file:
        file.write(text)
    run("nft", "--check", "--file", f"{work}/rules")
    run("nft", "--file", f"{work}/rules")
    if "skuid" not in run("nft", "list", "ruleset"):
        raise Failed("the rules are not in force")
    run("nft", "delete", "table", "inet", "khoins_etcd")


def check(work):
    """Throws `Failed` where an example is not taken."""
    directory = f"{work}/examples"
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    check_nginx(directory)
    check_units(directory)
    check_rules(directory)
    shutil.rmtree(directory)


if __name__ == "__main__":
    check(sys.argv[1])
