"""Addresses of the pages with which leads set up and run trials."""

from django.urls import path

from measurement.lead import (
    check_views,
    computing_views,
    design_views,
    draw_views,
    job_views,
    loading_views,
    notice_views,
    people_views,
    power_views,
    set_up_views,
    start_views,
    step_views,
    team_views,
)

SET_UP = "trials/<slug:slug>/set-up/"
set_up = [
    path(SET_UP, set_up_views.set_up, name="set_up"),
    path(f"{SET_UP}about/", step_views.about, name="set_up_about"),
    path(f"{SET_UP}dates/", step_views.dates, name="set_up_dates"),
    path(f"{SET_UP}design/", design_views.design, name="set_up_design"),
    path(f"{SET_UP}design/choose/", design_views.choose, name="set_up_choose_design"),
    path(f"{SET_UP}groups/", design_views.groups, name="set_up_groups"),
    path(f"{SET_UP}people/", power_views.power, name="set_up_power"),
    path(f"{SET_UP}tasks/", step_views.tasks, name="set_up_tasks"),
    path(f"{SET_UP}lists/", step_views.lists, name="set_up_lists"),
    path(f"{SET_UP}survey/", step_views.survey, name="set_up_survey"),
    path(f"{SET_UP}assumptions/", step_views.assumptions, name="set_up_assumptions"),
    path(f"{SET_UP}smallest-group/", step_views.disclosure, name="set_up_disclosure"),
    path(f"{SET_UP}analysis/", step_views.analysis, name="set_up_analysis"),
    path(f"{SET_UP}notice/", notice_views.notice, name="set_up_notice"),
    path(f"{SET_UP}check/", check_views.check, name="set_up_check"),
]

urlpatterns = [
    path("start-a-trial/", start_views.start, name="start_trial"),
    path("load-a-trial/", loading_views.load, name="load_trial"),
    path("trials/<slug:slug>/team/", team_views.people_who_run_it, name="team"),
    path("trials/<slug:slug>/randomise/", draw_views.randomise, name="randomise"),
    path("progress/<int:pk>/", job_views.job, name="job"),
    path("trials/<slug:slug>/compute/", computing_views.compute, name="compute"),
    path("trials/<slug:slug>/people/", people_views.people, name="people"),
    path("trials/<slug:slug>/people/template.csv", people_views.template, name="people_template"),
    path("trials/<slug:slug>/people/remind/", people_views.remind, name="people_remind"),
    path("trials/<slug:slug>/people/send/", people_views.send, name="people_send"),
    path("trials/<slug:slug>/people/<int:pk>/", people_views.checked, name="people_checked"),
    path(
        "trials/<slug:slug>/people/<int:pk>/faults.csv", people_views.faults, name="people_faults"
    ),
    *set_up,
]
