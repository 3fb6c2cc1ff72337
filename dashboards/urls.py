"""Addresses of the pages that show results."""

from django.urls import path

from dashboards import compare_views, publish_views, report_views, run_views, views

PUBLISH = "trials/<slug:slug>/publish/"
REPORTS = "reports/"
for_everybody = [
    path(REPORTS, report_views.reports, name="reports"),
    path(f"{REPORTS}<slug:slug>/", report_views.report, name="report"),
    path(f"{REPORTS}<slug:slug>/<int:number>/", report_views.report, name="report_numbered"),
    path(f"{REPORTS}<slug:slug>/<int:number>/<str:name>", report_views.file, name="report_file"),
]

for_leads = [
    path("compare-trials/", compare_views.compare, name="compare_trials"),
    path("trials/", views.trials, name="trials"),
    path("trials/<slug:slug>/", views.dashboard, name="dashboard"),
    path("trials/<slug:slug>/run/", run_views.run, name="run"),
    path("trials/<slug:slug>/<slug:name>.csv", views.download, name="dashboard_download"),
    path("trials/<slug:slug>/<slug:name>.ods", views.workbook, name="dashboard_workbook"),
    path(PUBLISH, publish_views.publish, name="publish"),
    path(f"{PUBLISH}<int:number>/", publish_views.preview, name="preview"),
    path(f"{PUBLISH}<int:number>/withdraw/", publish_views.withdraw, name="withdraw_report"),
    path(f"{PUBLISH}<int:number>/<str:name>", publish_views.preview_file, name="preview_file"),
]

urlpatterns = [*for_leads, *for_everybody]
