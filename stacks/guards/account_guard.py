"""A template made for one account and region can't be deployed into another.

Physical names hold both, so such a stack would be half wrong. The CDK CLI checks the account by itself; the rule in
the template holds for every other deployer too. A placeholder target is announced at synth.
"""

from __future__ import annotations

import aws_cdk as cdk

from config.target import Target


def guard_account(stack: cdk.Stack, target: Target) -> None:
    """Adds the rule, and a warning if the target is a placeholder."""
    cdk.CfnRule(
        stack,
        "MadeForThisAccount",
        assertions=[
            cdk.CfnRuleAssertion(
                assert_=cdk.Fn.condition_equals(cdk.Aws.ACCOUNT_ID, target.account),
                assert_description=f"Synthesised for account {target.account}. Set AWS_ACCOUNT and synthesise again.",
            ),
            cdk.CfnRuleAssertion(
                assert_=cdk.Fn.condition_equals(cdk.Aws.REGION, target.region),
                assert_description=f"Synthesised for {target.region}. Set AWS_DEFAULT_REGION and synthesise again.",
            ),
        ],
    )
    if target.is_placeholder:
        cdk.Annotations.of(stack).add_warning_v2(
            "nf1:placeholder-account",
            f"{' and '.join(target.missing)} not set: synthesised for the placeholder account {target.account}. "
            "A deploy to AWS will be refused; set AWS_ACCOUNT, AWS_DEFAULT_REGION and AWS_PROFILE.",
        )
