"""Addresses of the pages with which leads set up and run trials."""

from django.urls import path

from measurement.lead import draw_views, job_views, start_views, team_views

urlpatterns = [
    path("start-a-trial/", start_views.start, name="start_trial"),
    path("trials/<slug:slug>/team/", team_views.people_who_run_it, name="team"),
    path("trials/<slug:slug>/randomise/", draw_views.randomise, name="randomise"),
    path("work/<int:pk>/", job_views.job, name="job"),
]
