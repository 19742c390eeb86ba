#!/usr/bin/env bash
# Makes the passwords of compose.yaml, once: `deploy/make-secrets.sh [FOLDER]`, deploy/secrets/ if not given. What is there already stays.
#
# Files are readable to all within a folder that is not, because each container reads its own as a user that this machine does not know.
set -euo pipefail

folder=${1:-"$(dirname "$0")/secrets"}
mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"

# 32 letters and digits: some 190 bits.
password() { head -c 1024 /dev/urandom | LC_ALL=C tr -dc 'A-Za-z0-9' | cut -c 1-32 | tr -d '\n'; }

for name in chorsu_clickhouse_password grafana_clickhouse_password grafana_admin_password; do
    [ -s "$name" ] || password >"$name"
done

hash_of() { sha256sum <"$1" | cut -d' ' -f1; }

# chorsu makes and changes tables and inserts rows; Grafana reads the one database and nothing else.
rm -f clickhouse_users.xml
cat >clickhouse_users.xml <<XML
<clickhouse>
    <profiles>
        <dashboards>
            <readonly>1</readonly>
            <max_execution_time>60</max_execution_time>
            <max_memory_usage>1000000000</max_memory_usage>
            <constraints><max_execution_time><changeable_in_readonly/></max_execution_time></constraints>
        </dashboards>
    </profiles>
    <users>
        <default remove="remove"/>
        <chorsu>
            <password_sha256_hex>$(hash_of chorsu_clickhouse_password)</password_sha256_hex>
            <networks><ip>::/0</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
            <grants>
                <query>GRANT ALL ON chorsu.*</query>
                <query>GRANT SELECT ON system.tables</query>
            </grants>
        </chorsu>
        <grafana>
            <password_sha256_hex>$(hash_of grafana_clickhouse_password)</password_sha256_hex>
            <networks><ip>::/0</ip></networks>
            <profile>dashboards</profile>
            <quota>default</quota>
            <grants><query>GRANT SELECT ON chorsu.*</query></grants>
        </grafana>
    </users>
</clickhouse>
XML
chmod 444 -- *
echo "passwords are in $folder: grafana_admin_password is Grafana's, of the user admin"
