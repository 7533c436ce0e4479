"""The law of compatibility: will this build run on this machine?"""
