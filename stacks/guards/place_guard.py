"""A template made for one account, region and stack can't be deployed as another.

Physical names hold account and region, and a stack of another environment would be replaced with its data. The CDK CLI
checks the account by itself; the rules in the template hold for every other deployer too. A placeholder target is
announced at synth.
"""

from __future__ import annotations

import aws_cdk as cdk

from config.target import Target


def guard_place(stack: cdk.Stack, target: Target) -> None:
    """Adds the rules, and a warning if the target is a placeholder."""
    cdk.CfnRule(
        stack,
        "MadeForThisAccount",
        assertions=[
            _holds(cdk.Aws.ACCOUNT_ID, target.account, f"for account {target.account}. Set AWS_ACCOUNT"),
            _holds(cdk.Aws.REGION, target.region, f"for {target.region}. Set AWS_DEFAULT_REGION"),
        ],
    )
    cdk.CfnRule(
        stack,
        "MadeForThisStack",
        assertions=[
            _holds(cdk.Aws.STACK_NAME, stack.stack_name, f"for the stack {stack.stack_name}. Set NF1_ENVIRONMENT")
        ],
    )
    if target.is_placeholder:
        cdk.Annotations.of(stack).add_warning_v2(
            "nf1:placeholder-account",
            f"{' and '.join(target.missing)} not set: synthesised for the placeholder account {target.account}. "
            "A deploy to AWS will be refused; set AWS_ACCOUNT, AWS_DEFAULT_REGION and AWS_PROFILE.",
        )


def _holds(pseudo: str, value: str, made: str) -> cdk.CfnRuleAssertion:
    return cdk.CfnRuleAssertion(
        assert_=cdk.Fn.condition_equals(pseudo, value),
        assert_description=f"Synthesised {made} and synthesise again.",
    )
