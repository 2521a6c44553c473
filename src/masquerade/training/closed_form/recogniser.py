"""A recogniser in closed form: a public network's features behind a linear map."""

from typing import final

from torch import Tensor

from masquerade.encoders.recogniser_base import Recogniser
from masquerade.errors import UsageError
from masquerade.files.tensors import digest_of
from masquerade.training.closed_form.features import PublicFeatures
from masquerade.training.closed_form.projection import Projection


@final
class ProjectedRecogniser(Recogniser):
    """Photos to unit vectors by a public network and a projection of its features.

    Args:
        features: Of a public network.
        projection: Of these features.

    Raises:
        UsageError: If the projection takes other features.
    """

    def __init__(self, features: PublicFeatures, projection: Projection) -> None:
        if len(projection.mean) != features.size:
            raise UsageError(
                "the projection is of other features than the network gives",
                value=f"{len(projection.mean)}, expected {features.size}",
                place=f"network {features.name}",
                remedy="Take the network that it was learnt with.",
            )
        self.features = features
        self.projection = projection
        tensors = {"mean": projection.mean, "matrix": projection.matrix}
        digest = digest_of([type(self).__name__, features.kind, features.digest], tensors)
        super().__init__(
            features.name, features.side, projection.matrix.shape[1], digest, differentiable=False
        )

    def vectors(self, images: Tensor) -> Tensor:
        """Vectors ``(n, k)``."""
        return self.projection(self.features.of(images))
