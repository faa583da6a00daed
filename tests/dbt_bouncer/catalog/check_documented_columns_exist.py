"""A check for dbt-bouncer: a documented column is a column that the warehouse has.

dbt-bouncer itself looks only the other way round, and a contract only at the marts.
"""

from dbt_bouncer.check_framework.decorator import check, fail


@check
def check_documented_columns_exist(catalog_node, ctx):
    """Documented columns must exist in the table that was built."""
    node = ctx.models_by_unique_id.get(catalog_node.unique_id)
    if node is None:
        return
    built = {column.name for column in catalog_node.columns.values()}
    missing = [name for name in node.columns if name not in built]
    if missing:
        fail(f"`{node.name}` documents columns that the table does not have: {missing}")
