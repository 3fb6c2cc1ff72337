"""The page that loads a whole trial."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from measurement import loading, uploads
from measurement.access import SignedInRequest
from measurement.lead.upload_form import UploadForm
from measurement.lead.upload_limits import takes_file
from measurement.models import Upload


@takes_file(loading.MAX_BYTES)
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def load(request: SignedInRequest) -> HttpResponse:
    """Take the bundle of a trial, which workers then load."""
    if not request.user.may_start_trials:
        raise PermissionDenied("This page is for people who may start trials.")
    form = UploadForm(
        request,
        label="Bundle of the trial",
        hint=f"A .zip file up to {loading.MAX_BYTES // 10**6} MB",
        max_bytes=loading.MAX_BYTES,
    )
    if form.is_valid():
        upload = uploads.store(
            form.cleaned_data["file"],
            kind=Upload.Kind.BUNDLE,
            by=request.user,
            max_bytes=loading.MAX_BYTES,
        )
        return redirect("job", loading.start(upload, request.user).pk)
    status = 422 if form.errors else 200
    return render(request, "lead/load.html", {"form": form}, status=status)
