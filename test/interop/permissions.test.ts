/** What latchkey grants, Django's `has_perm` sees, and the other way round. */
import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Auth } from "../../src/adapters/api/auth.ts"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import type { AnyFields } from "../../src/adapters/request/session/session-access.ts"
import { type DjangoUser, type PostgresStores, postgres } from "../../src/adapters/store/postgres.ts"
import { type Django, django, djangoService } from "../rig/django.ts"
import { patient } from "../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"

const available = [service("postgres"), djangoService()].every((needed) => needed.available)
const secretKey = "granted-by-both-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"
const tenant = "tenant-1"

const PERMISSIONS = `
from django.contrib.auth import get_user_model
user = get_user_model().objects.get(username=given["username"])
answer = sorted(user.get_all_permissions())
`

describe.skipIf(!available).each([undefined, tenant])("permissions in the schema %s, with Django beside", (schema) => {
  let server: PostgresServer
  let pg: PostgresStores<DjangoUser>
  let auth: Auth<DjangoUser, AnyFields>
  let site: Django

  beforeAll(async () => {
    server = await startPostgres()
    const db = sql(server.url, { max: 1 })
    if (schema !== undefined) await db`CREATE SCHEMA ${db(schema)}`
    await db.end()
    const settings = {
      INSTALLED_APPS: ["contenttypes", "auth", "sessions", "admin", "messages"].map((app) => `django.contrib.${app}`)
    }
    site = django({ databaseUrl: server.url, secretKey, schema: schema && `"${schema}"`, settings })
    await site.migrate()
    pg = postgres({ ...patient, url: server.url, ...(schema !== undefined && { schema }) })
    auth = createAuth({ secretKey, sessions: pg.sessions, backends: { model: modelBackend(pg.users) } })
  })
  afterAll(async () => {
    await pg?.close()
    await server?.stop()
  })

  const create = async (username: string) => (await auth.createUser({ username })) ?? expect.fail("taken")
  const djangoSees = (username: string) => site.manage(PERMISSIONS, { username })

  it("that latchkey grants to a user or a group are seen by Django", async () => {
    const ada = await create("ada")
    await auth.permissions.grant({ user: ada }, ["auth.add_user", "sessions.view_session"])
    await auth.permissions.createGroup("reviewers")
    await auth.permissions.grant({ group: "reviewers" }, "auth.change_group")
    await auth.permissions.addToGroups(ada, "reviewers")
    expect(await djangoSees("ada")).toEqual(["auth.add_user", "auth.change_group", "sessions.view_session"])
    await auth.permissions.revoke({ user: ada }, "auth.add_user")
    await auth.permissions.deleteGroup("reviewers")
    expect(await djangoSees("ada")).toEqual(["sessions.view_session"])
  })

  it("that latchkey revokes from a group, or takes with a membership, are gone in Django", async () => {
    const cleo = await create("cleo")
    await auth.permissions.createGroup("clerks")
    await auth.permissions.grant({ group: "clerks" }, ["auth.add_group", "auth.view_group"])
    await auth.permissions.addToGroups(cleo, "clerks")
    await auth.permissions.revoke({ group: "clerks" }, "auth.add_group")
    expect(await djangoSees("cleo")).toEqual(["auth.view_group"])
    await auth.permissions.removeFromGroups(cleo, "clerks")
    expect(await djangoSees("cleo")).toEqual([])
    const GROUPS = `
from django.contrib.auth.models import Group
answer = sorted([g.name, sorted(p.codename for p in g.permissions.all()), g.user_set.count()] for g in Group.objects.all())
`
    expect(await site.manage(GROUPS)).toContainEqual(["clerks", ["view_group"], 0])
    await auth.permissions.deleteGroup("clerks")
    expect(await site.manage(GROUPS)).not.toContainEqual(["clerks", ["view_group"], 0])
  })

  it("are listed as Django lists them", async () => {
    const djangos = await site.manage(`
from django.contrib.auth.models import Permission
answer = [{"permission": f"{p.content_type.app_label}.{p.codename}", "name": p.name} for p in Permission.objects.all()]
`)
    const listed = await auth.permissions.all()
    expect(listed).toEqual(expect.arrayContaining(Array.isArray(djangos) ? djangos : []))
    expect(listed).toHaveLength(Array.isArray(djangos) ? djangos.length : -1)
  })

  it("of a model with options of its own are the rows that Django makes for it", async () => {
    const MODEL = `
import types
from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models
def rows():
  return [[p.content_type.app_label, p.content_type.model, p.codename, p.name]
    for p in Permission.objects.filter(content_type__app_label="blog").order_by("id")]
`
    const djangos = await site.manage(`${MODEL}
class BlogPost(models.Model):
  class Meta:
    app_label = "blog"
    verbose_name = "article of the blog"
    default_permissions = ("add", "view")
    permissions = [("publish_blogpost", "Can publish articles"), ("pin", "Can pin")]
config = AppConfig("blog", types.SimpleNamespace(__file__="/blog/__init__.py"))
config.apps, config.models, config.models_module = apps, apps.all_models["blog"], types
apps.app_configs["blog"] = config
create_permissions(config, verbosity=0)
answer = rows()
Permission.objects.filter(content_type__app_label="blog").delete()
ContentType.objects.filter(app_label="blog").delete()
`)
    expect(djangos).toHaveLength(4)
    await auth.permissions.create({
      app: "blog",
      model: "BlogPost",
      verboseName: "article of the blog",
      defaultPermissions: ["add", "view"],
      permissions: { publish_blogpost: "Can publish articles", pin: "Can pin" }
    })
    expect(await site.manage(`${MODEL}\nanswer = rows()`)).toEqual(djangos)
  })

  it("that Django grants are seen by latchkey", async () => {
    const bob = await create("bob")
    await site.manage(`
from django.contrib.auth.models import Group, Permission, User
group = Group.objects.create(name="Djangos")
group.permissions.add(Permission.objects.get(codename="view_user"))
bob = User.objects.get(username="bob")
bob.groups.add(group)
bob.user_permissions.add(Permission.objects.get(codename="add_logentry"))
`)
    expect(await auth.permissions.groups()).toEqual(["Djangos"])
    expect(await auth.permissions.of({ user: bob })).toEqual({
      permissions: ["admin.add_logentry"],
      groups: [{ name: "Djangos", permissions: ["auth.view_user"] }]
    })
    expect(await auth.permissions.revoke({ user: bob }, "admin.add_logentry")).toEqual(["admin.add_logentry"])
    expect(await djangoSees("bob")).toEqual(["auth.view_user"])
  })

  it("of a model are the rows that Django makes, and Django then makes none", async () => {
    // Django has made the rows of LogEntry. Latchkey makes them again, after they were deleted.
    const rowsOf = () =>
      site.manage(`
from django.contrib.auth.models import Permission
answer = [[p.content_type.app_label, p.content_type.model, p.codename, p.name]
  for p in Permission.objects.filter(content_type__app_label="admin").order_by("id")]
`)
    const djangos = await rowsOf()
    await site.manage(`
from django.contrib.contenttypes.models import ContentType
ContentType.objects.filter(app_label="admin").delete()
`)
    expect(await rowsOf()).toEqual([])
    const created = await auth.permissions.create({ app: "admin", model: "LogEntry" })
    expect(created).toEqual(["add", "change", "delete", "view"].map((action) => `admin.${action}_logentry`))
    expect(await rowsOf()).toEqual(djangos)
    expect(await site.migrate()).toContain("No migrations to apply")
    expect(await rowsOf()).toEqual(djangos)
    expect(await auth.permissions.create({ app: "admin", model: "LogEntry" })).toEqual([])
  })

  it("of models that Django has made are not made again", async () => {
    for (const [app, model] of [
      ["auth", "User"],
      ["auth", "Group"],
      ["contenttypes", "ContentType"],
      ["sessions", "Session"]
    ] as const)
      expect(await auth.permissions.create({ app, model })).toEqual([])
  })

  it("of a user are gone after latchkey has deleted the user, with the entries in the log of Django's admin site", async () => {
    const eve = await create("eve")
    await auth.permissions.grant({ user: eve }, "auth.add_user")
    const LOG = `
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import User
LogEntry.objects.create(user_id=given, object_repr="", action_flag=ADDITION)
`
    await site.manage(LOG, eve.id)
    expect(await auth.deleteUser(eve)).toBe(true)
    expect(
      await site.manage(`
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
connection.check_constraints()
answer = [User.objects.filter(username="eve").count(), LogEntry.objects.count()]
`)
    ).toEqual([0, 0])
  })

  it("of a superuser that Django's createsuperuser made are all permissions", async () => {
    await site.manage(`
import os
from django.core.management import call_command
os.environ["DJANGO_SUPERUSER_PASSWORD"] = "p"
call_command("createsuperuser", username="root", email="root@example.com", interactive=False, verbosity=0)
`)
    const root = (await auth.findUser({ username: "root" })) ?? expect.fail("no root")
    expect(root).toMatchObject({ isSuperuser: true, isStaff: true })
    expect(await auth.permissions.of({ user: root })).toEqual({ permissions: [], groups: [] })
    expect(await auth.withPerm("admin.view_logentry")).toEqual([root])
  })
})
