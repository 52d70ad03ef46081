from __future__ import annotations

import math

import pytest
import torch

from fontgan.losses import adversarial, images, latent
from fontgan.losses.terms import Terms


@pytest.mark.parametrize(
    ("logit", "real", "wanted"),
    [
        (0.0, True, math.log(2)),
        (0.0, False, math.log(2)),
        (2.0, True, math.log(1 + math.exp(-2))),
        (2.0, False, math.log(1 + math.exp(2))),
        (80.0, True, 0.0),
        (80.0, False, 80.0),  # no overflow
    ],
)
def test_vanilla(logit: float, real: bool, wanted: float) -> None:
    loss = adversarial.vanilla(torch.full((3, 1), logit), real)
    assert loss.item() == pytest.approx(wanted, abs=1e-6)


def test_category_is_one_sigmoid_a_style() -> None:
    logits = torch.tensor([[0.0, 3.0, -1.0], [1.0, 0.0, 0.0]])
    style = torch.tensor([1, 0])
    no, yes = (lambda x: math.log(1 + math.exp(x))), (lambda x: math.log(1 + math.exp(-x)))
    wanted = (no(0) + yes(3) + no(-1) + yes(1) + no(0) + no(0)) / 6
    assert adversarial.category(logits, style).item() == pytest.approx(wanted, abs=1e-6)
    assert adversarial.category(40 * torch.eye(3), torch.arange(3)).item() < math.log(2)


def test_l1() -> None:
    drawn = torch.tensor([[[[1.0, -1.0], [0.0, 0.5]]]])
    assert images.l1(drawn, torch.zeros_like(drawn)).item() == pytest.approx(2.5 / 4)
    assert images.l1(drawn, drawn).item() == 0


def test_total_variation() -> None:
    image = torch.tensor([[[[0.0, 1.0, 1.0], [0.0, 1.0, 1.0], [2.0, 1.0, 1.0]]]])
    # Steps to the right: 1, 1, 1 squared; down: 2 squared; halved, over the width 3.
    assert images.total_variation(image).item() == pytest.approx((3 + 4) / 2 / 3)
    assert images.total_variation(torch.ones(2, 1, 4, 4)).item() == 0
    twice = torch.cat([image, image])
    assert images.total_variation(twice).item() == pytest.approx(7 / 3)


def test_binary_wants_black_or_white() -> None:
    assert images.binary(torch.tensor([-1.0, 1.0])).item() == 0
    assert images.binary(torch.zeros(4)).item() == 1
    assert images.binary(torch.tensor([0.5])).item() == pytest.approx(0.75)


def test_constant() -> None:
    code = torch.tensor([[[[3.0]], [[-1.0]]]])
    assert latent.constant(code, torch.zeros_like(code)).item() == pytest.approx(5)
    assert latent.constant(code, code).item() == 0


def test_terms_weigh_and_remember() -> None:
    x = torch.tensor(3.0, requires_grad=True)
    terms = Terms(iteration=7)
    terms.add("a", 2.0, lambda: x * 5)
    terms.add("b", 0.5, torch.square, x)
    assert terms.total.item() == pytest.approx(2 * 15 + 0.5 * 9)
    assert {name: value.item() for name, value in terms.values.items()} == {"a": 15, "b": 9}
    assert not any(value.requires_grad for value in terms.values.values())
    terms.total.backward()
    assert x.grad is not None and x.grad.item() == pytest.approx(2 * 5 + 0.5 * 2 * 3)


def test_two_terms_of_one_name_are_a_mistake() -> None:
    terms = Terms()
    terms.add("a", 1.0, torch.ones, 1)
    with pytest.raises(KeyError, match="two loss terms are called a"):
        terms.add("a", 1.0, torch.ones, 1)


def test_no_terms_have_no_total() -> None:
    terms = Terms()
    terms.add("a", 0.0, torch.ones, 1)
    with pytest.raises(ValueError, match="no loss term"):
        _ = terms.total
