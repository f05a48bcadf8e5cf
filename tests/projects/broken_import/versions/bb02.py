"""broken"""
import a_module_nobody_has

revision = a_module_nobody_has.ID
down_revision = "aa01aa01"
