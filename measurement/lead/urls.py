"""Addresses of the pages with which leads set up and run trials."""

from django.urls import path

from measurement.lead import (
    computing_views,
    draw_views,
    job_views,
    loading_views,
    people_views,
    start_views,
    team_views,
)

urlpatterns = [
    path("start-a-trial/", start_views.start, name="start_trial"),
    path("load-a-trial/", loading_views.load, name="load_trial"),
    path("trials/<slug:slug>/team/", team_views.people_who_run_it, name="team"),
    path("trials/<slug:slug>/randomise/", draw_views.randomise, name="randomise"),
    path("work/<int:pk>/", job_views.job, name="job"),
    path("trials/<slug:slug>/compute/", computing_views.compute, name="compute"),
    path("trials/<slug:slug>/people/", people_views.people, name="people"),
    path("trials/<slug:slug>/people/template.csv", people_views.template, name="people_template"),
    path("trials/<slug:slug>/people/remind/", people_views.remind, name="people_remind"),
    path("trials/<slug:slug>/people/send/", people_views.send, name="people_send"),
    path("trials/<slug:slug>/people/<int:pk>/", people_views.checked, name="people_checked"),
    path(
        "trials/<slug:slug>/people/<int:pk>/faults.csv", people_views.faults, name="people_faults"
    ),
]
